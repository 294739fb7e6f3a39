/*
 * averages.c - see averages.h.
 */
#include "averages.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>

static double throughput(const sample_t *s) {
    return sample_compared(s, MEASURE_THROUGHPUT);
}
static double peak(const sample_t *s) {
    return sample_compared(s, MEASURE_PEAK);
}
static double steady(const sample_t *s) {
    return sample_compared(s, MEASURE_STEADY);
}
static const sample_value_t values[MEASURES] = {throughput, peak, steady};

/* Pairs of an allocator with hakmem on a workload; `ratios` gets them over hakmem. */
static size_t pairs_on(const analysis_t *analysis, const char *workload, const char *allocator,
                       measure_t measure, double *ratios, double *room) {
    const cell_stats_t *own = analysis_find(analysis, PHASE_COMPARE, workload, allocator, 0, 0);
    const cell_stats_t *hakmem = analysis_find(analysis, PHASE_COMPARE, workload, "hakmem", 0, 0);
    size_t pairs =
        own && hakmem ? analysis_pairs(analysis, own->id, hakmem->id, values[measure], ratios, room)
                      : 0;
    for (size_t i = 0; i < pairs; i++) {
        ratios[i] /= room[i];
    }
    return pairs;
}

/* What one look at the samples needs. */
typedef struct scratch {
    double *ratios, *room;
    size_t *counts;
} scratch_t;

static const char *name_at(const json_t *rows, size_t place, const char *key) {
    return json_string_value(json_object_get(json_array_get(rows, place), key));
}

static bool has_any(const analysis_t *analysis, const char *allocator, scratch_t *s) {
    const json_t *workloads = analysis->info->workloads;
    for (size_t w = 0; w < json_array_size(workloads); w++) {
        if (pairs_on(analysis, name_at(workloads, w, "name"), allocator, MEASURE_THROUGHPUT,
                     s->ratios, s->room) > 0) {
            return true;
        }
    }
    return false;
}

/* Has everyone of `all` a pair there, by every measure? */
static bool is_common(const analysis_t *analysis, const char *workload, const averages_t *all,
                      scratch_t *s) {
    for (size_t i = 0; i < all->count * MEASURES; i++) {
        if (pairs_on(analysis, workload, all->items[i / MEASURES].allocator, i % MEASURES,
                     s->ratios, s->room) == 0) {
            return false;
        }
    }
    return true;
}

static void take_average(const analysis_t *analysis, const bool *common, average_t *a,
                         measure_t measure, scratch_t *s) {
    const json_t *workloads = analysis->info->workloads;
    size_t used = 0;
    a->workloads = 0;
    for (size_t w = 0; w < json_array_size(workloads); w++) {
        if (common[w]) {
            size_t pairs = pairs_on(analysis, name_at(workloads, w, "name"), a->allocator, measure,
                                    s->ratios + used, s->room);
            s->counts[a->workloads++] = pairs;
            used += pairs;
        }
    }
    a->ratio[measure] =
        stats_geometric_interval(s->ratios, s->counts, a->workloads, analysis->info->seed);
}

static bool is_beaten(const average_t *a, const average_t *by) {
    return by->ratio[MEASURE_THROUGHPUT].mid >= a->ratio[MEASURE_THROUGHPUT].mid &&
           by->ratio[MEASURE_PEAK].mid <= a->ratio[MEASURE_PEAK].mid &&
           (by->ratio[MEASURE_THROUGHPUT].mid > a->ratio[MEASURE_THROUGHPUT].mid ||
            by->ratio[MEASURE_PEAK].mid < a->ratio[MEASURE_PEAK].mid);
}

void averages_make(const analysis_t *analysis, averages_t *out) {
    const json_t *rows = analysis->info->allocators, *workloads = analysis->info->workloads;
    size_t samples = analysis->samples->count + 1, count = json_array_size(workloads);
    scratch_t s = {text_alloc(samples * sizeof *s.ratios), text_alloc(samples * sizeof *s.room),
                   text_alloc((count + 1) * sizeof *s.counts)};
    bool *common = text_alloc(count + 1);
    *out = (averages_t){text_alloc((json_array_size(rows) + 1) * sizeof *out->items), 0};
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const char *allocator = name_at(rows, i, "key");
        if (has_any(analysis, allocator, &s)) {
            out->items[out->count++] = (average_t){.allocator = allocator};
        }
    }
    for (size_t w = 0; w < count; w++) {
        common[w] = is_common(analysis, name_at(workloads, w, "name"), out, &s);
    }
    for (size_t i = 0; i < out->count * MEASURES; i++) {
        take_average(analysis, common, &out->items[i / MEASURES], i % MEASURES, &s);
    }
    for (size_t i = 0; i < out->count; i++) {
        out->items[i].on_front = out->items[i].workloads > 0;
        for (size_t j = 0; j < out->count; j++) {
            out->items[i].on_front &= !is_beaten(&out->items[i], &out->items[j]);
        }
    }
    if (out->count == 1 || (out->count > 1 && out->items[0].workloads == 0)) {
        out->count = 0;
    }
    free(common);
    free(s.counts);
    free(s.room);
    free(s.ratios);
}
