/*
 * stopping.c - see stopping.h.
 */
#include "stopping.h"

#include "stats.h"
#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double narrow_ratio = 0.01, least_floor = 0.01, clear_widths = 4;

typedef double (*value_t)(const sample_t *sample);

static double throughput(const sample_t *s) {
    return sample_counts_as_time(s) && s->ops > 0 ? s->ops / s->wall_ns : NAN;
}
static double peak(const sample_t *s) {
    return sample_counts_as_memory(s) && s->peak_bytes > 0 ? s->peak_bytes : NAN;
}
static const value_t values[] = {throughput, peak};
enum { VALUES = 2 };

/* Ratios of two cells over the repetitions below `below`; returns how many. */
static size_t pairs_of(const samples_t *samples, const char *cell, const char *other,
                       unsigned below, value_t value, double *a, double *b) {
    size_t count = 0;
    for (size_t i = 0; i < samples->count; i++) {
        const sample_t *s = &samples->items[i];
        if (s->rep >= below || strcmp(s->cell, cell) != 0) {
            continue;
        }
        for (size_t j = 0; j < samples->count; j++) {
            const sample_t *t = &samples->items[j];
            if (t->rep == s->rep && strcmp(t->cell, other) == 0) {
                a[count] = value(s);
                b[count] = value(t);
                count += isfinite(log(a[count] / b[count]));
                break;
            }
        }
    }
    return count;
}

static bool is_clear(interval_t r, double floor, double comparisons) {
    double mid = fabs(log(r.mid)), width = log(r.hi / r.lo) / 2;
    return r.p * comparisons < STATS_SIGNIFICANT && mid - clear_widths * width > log1p(floor);
}

static bool is_narrow(interval_t r) {
    return r.hi <= r.mid * (1 + narrow_ratio) && r.lo >= r.mid * (1 - narrow_ratio);
}

/* What one workload's cells are compared with. */
typedef struct bench {
    const samples_t *samples;
    const cell_t *reference, *again;
    unsigned below;
    uint64_t seed;
    double comparisons;
    double *a, *b;
} bench_t;

static double floor_of(const bench_t *w, value_t value) {
    size_t pairs =
        w->again ? pairs_of(w->samples, w->again->id, w->reference->id, w->below, value, w->a, w->b)
                 : 0;
    for (size_t i = 0; i < pairs; i++) {
        w->a[i] = log(w->a[i] / w->b[i]);
    }
    return stats_noise_floor(w->a, pairs, pairs, least_floor, w->seed);
}

static bool is_decided(const bench_t *w, const cell_t *cell) {
    for (size_t v = 0; v < VALUES; v++) {
        double floor = floor_of(w, values[v]);
        size_t pairs =
            pairs_of(w->samples, cell->id, w->reference->id, w->below, values[v], w->a, w->b);
        interval_t r = stats_paired_ratio(w->a, w->b, pairs, w->seed);
        if (pairs > 0 && !is_narrow(r) && !is_clear(r, floor, w->comparisons)) {
            return false;
        }
    }
    return true;
}

static bool is_of(const cell_t *cell, const workload_t *workload) {
    return cell->phase == PHASE_COMPARE && cell->workload == workload;
}

/* Of the workload whose reference is the cell at `place`. With nothing but the reference and its
 * twin, the twin is what is asked about. */
static bool is_workload_decided(const plan_t *plan, size_t place, bench_t *w) {
    size_t others = 0;
    w->reference = &plan->cells[place];
    w->again = NULL;
    for (size_t i = 0; i < plan->count; i++) {
        const cell_t *cell = &plan->cells[i];
        if (is_of(cell, w->reference->workload)) {
            w->again = cell->again ? cell : w->again;
            others += !cell->again && i != place;
        }
    }
    for (size_t i = 0; i < plan->count; i++) {
        const cell_t *cell = &plan->cells[i];
        bool asked = i != place && is_of(cell, w->reference->workload) && (!cell->again || !others);
        if (asked && !is_decided(w, cell)) {
            return false;
        }
    }
    return true;
}

size_t stopping_decide(plan_t *plan, const samples_t *samples, unsigned rep, unsigned least) {
    size_t active = 0;
    bench_t w = {.samples = samples,
                 .below = rep,
                 .seed = plan->seed,
                 .comparisons = (double)(VALUES * plan_cell_count(plan, PHASE_COMPARE)),
                 .a = text_alloc(2 * (samples->count + 1) * sizeof *w.a)};
    w.b = w.a + samples->count + 1;
    for (size_t i = 0; i < plan->count; i++) {
        const cell_t *reference = &plan->cells[i];
        if (reference->phase != PHASE_COMPARE || !reference->allocator->is_hakmem ||
            reference->again) {
            continue;
        }
        bool idle = rep >= least && is_workload_decided(plan, i, &w);
        active += !idle;
        for (size_t j = 0; j < plan->count; j++) {
            if (is_of(&plan->cells[j], reference->workload)) {
                plan->cells[j].idle = idle;
            }
        }
    }
    free(w.a);
    return active;
}

void stopping_reset(plan_t *plan) {
    for (size_t i = 0; i < plan->count; i++) {
        plan->cells[i].idle = false;
    }
}
