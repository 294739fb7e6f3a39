/*
 * requests.c - medians, ratios and verdicts of requests' tails. See requests.h.
 */
#include "requests.h"

#include "text.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of fewer, an interval is no more than the samples themselves. */
enum { LEAST_FOR_INTERVAL = 3 };

static double told(const sample_t *s, double value) {
    return sample_counts_as_time(s) && value > 0 ? value : NAN;
}
static double p50_ns(const sample_t *s) {
    return told(s, s->requests.p50_ns);
}
static double p90_ns(const sample_t *s) {
    return told(s, s->requests.p90_ns);
}
static double p99_ns(const sample_t *s) {
    return told(s, s->requests.p99_ns);
}
static double p999_ns(const sample_t *s) {
    return told(s, s->requests.p999_ns);
}
static double max_ns(const sample_t *s) {
    return told(s, s->requests.max_ns);
}

static const struct {
    const char *name;
    sample_value_t value;
} parts[REQUEST_PARTS] = {
    {"p50", p50_ns}, {"p90", p90_ns}, {"p99", p99_ns}, {"p99.9", p999_ns}, {"max", max_ns}};

const char *request_part_name(request_part_t part) {
    return parts[part].name;
}

const char *request_word(verdict_t verdict) {
    static const char *const words[] = {"undecided", "equivalent", "slower", "faster"};
    return words[verdict];
}

char *request_time(double ns) {
    static const struct {
        double from_ns;
        const char *unit;
    } units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}};
    if (isnan(ns)) {
        return text_copy("-");
    }
    size_t u = 0;
    while (u < 3 && ns < 0.9995 * units[u].from_ns) {
        u++;
    }
    double value = ns / units[u].from_ns;
    return text_format("%.*f %s", value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value, units[u].unit);
}

/* `a` and `b` have room for every sample. */
static void take_part(const analysis_t *analysis, const cell_stats_t *cell,
                      const cell_stats_t *reference, request_part_t part, request_tail_t *out,
                      double *a, double *b) {
    sample_value_t value = parts[part].value;
    size_t own = analysis_pairs(analysis, cell->id, cell->id, value, a, b);
    for (size_t i = 0; i < own; i++) {
        b[i] = 1;
    }
    out->ns[part] = stats_paired_ratio(a, b, own);
    if (own < LEAST_FOR_INTERVAL) {
        out->ns[part].lo = out->ns[part].hi = NAN;
    }
    out->ratio[part] = INTERVAL_NONE;
    if (reference && part != REQUEST_MAX) {
        out->ratio[part] = pairs_ratio(analysis->samples, cell->id, reference->id, value, UINT_MAX);
    }
    size_t paired = out->ratio[part].pairs;
    out->floor[part] =
        paired > 0 ? analysis_floor_of(analysis, cell->workload, value, paired) : NAN;
    out->p[part] = out->ratio[part].p;
    out->verdict[part] = stats_verdict(out->ratio[part], out->p[part], analysis_margin(analysis));
}

static bool is_judged(const request_tail_t *tail, request_part_t part) {
    return strcmp(tail->allocator, "hakmem") != 0 && tail->ratio[part].pairs > 0;
}

static void correct(request_tails_t *tails, double margin) {
    double *p = text_alloc((REQUEST_PARTS * tails->count + 1) * sizeof *p);
    size_t count = 0, next = 0;
    for (size_t i = 0; i < tails->count * REQUEST_PARTS; i++) {
        const request_tail_t *tail = &tails->items[i / REQUEST_PARTS];
        p[count] = tail->p[i % REQUEST_PARTS];
        count += is_judged(tail, i % REQUEST_PARTS);
    }
    stats_holm(p, count);
    for (size_t i = 0; i < tails->count * REQUEST_PARTS; i++) {
        request_tail_t *tail = &tails->items[i / REQUEST_PARTS];
        request_part_t part = i % REQUEST_PARTS;
        if (is_judged(tail, part)) {
            tail->p[part] = p[next++];
            tail->verdict[part] = stats_verdict(tail->ratio[part], tail->p[part], margin);
        }
    }
    free(p);
}

static bool tells_of_requests(const analysis_t *analysis, const cell_stats_t *cell) {
    for (size_t i = 0; i < analysis->samples->count; i++) {
        const sample_t *s = &analysis->samples->items[i];
        if (s->phase == PHASE_COMPARE && strcmp(s->workload, cell->workload) == 0 &&
            !isnan(p50_ns(s))) {
            return true;
        }
    }
    return false;
}

void requests_make(const analysis_t *analysis, request_tails_t *out) {
    size_t room = analysis->samples->count + 1;
    double *a = text_alloc(2 * room * sizeof *a), *b = a + room;
    *out = (request_tails_t){0};
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *cell = &analysis->cells[i];
        if (cell->phase != PHASE_COMPARE || text_ends(cell->allocator, "-again") ||
            !tells_of_requests(analysis, cell)) {
            continue;
        }
        out->items = text_grow(out->items, out->count, sizeof *out->items);
        request_tail_t *tail = &out->items[out->count++];
        *tail = (request_tail_t){.workload = cell->workload, .allocator = cell->allocator};
        const cell_stats_t *reference =
            analysis_find(analysis, PHASE_COMPARE, cell->workload, "hakmem", 0, 0);
        for (request_part_t part = 0; part < REQUEST_PARTS; part++) {
            take_part(analysis, cell, reference, part, tail, a, b);
        }
    }
    correct(out, analysis_margin(analysis));
    free(a);
}
