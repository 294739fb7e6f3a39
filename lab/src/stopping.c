/*
 * stopping.c - see stopping.h.
 */
#include "stopping.h"

#include "pairs.h"
#include "text.h"

#include <stdlib.h>

enum { MEMORY_LAUNCHES = 3 };
static const double clear_part = 0.25, equal_part = 0.9;

static double peak(const sample_t *s) {
    return sample_counts_as_memory(s) && s->peak_bytes > 0 ? s->peak_bytes : NAN;
}
static const sample_value_t values[STOPPING_VALUES] = {sample_speed, peak};

/* One workload's comparison. */
typedef struct bench {
    const samples_t *samples;
    const cell_t *reference;
    unsigned below;
    uint64_t seed;
    double comparisons, margin;
    const stopping_priors_t *priors;
} bench_t;

static interval_t ratio_of(const bench_t *bench, const cell_t *cell, size_t value) {
    return moderate(pairs_ratio(bench->samples, cell->id, bench->reference->id, values[value],
                                bench->below, bench->seed),
                    bench->priors->of[value]);
}

static bool is_equal(interval_t r, double margin) {
    return stats_not_lower(r, margin) && stats_not_higher(r, margin);
}

static bool is_decided(const bench_t *bench, const cell_t *cell) {
    size_t values_that_count =
        bench->below < MEMORY_LAUNCHES ? STOPPING_VALUES : 1; /* speed first */
    for (size_t v = 0; v < values_that_count; v++) {
        interval_t r = ratio_of(bench, cell, v);
        bool clear = r.p * bench->comparisons < clear_part * STATS_SIGNIFICANT;
        if (r.pairs > 0 && !clear && !is_equal(r, equal_part * bench->margin)) {
            return false;
        }
    }
    return true;
}

/* The twin has nothing to decide, but shows what this machine can tell. */
static bool is_narrow(const bench_t *bench, const cell_t *twin) {
    interval_t r = ratio_of(bench, twin, 0);
    return r.pairs == 0 || log(r.hi / r.lo) / 2 < equal_part * log1p(bench->margin);
}

static bool is_of(const cell_t *cell, const workload_t *workload) {
    return cell->phase == PHASE_COMPARE && cell->workload == workload;
}

static bool is_reference(const cell_t *cell) {
    return cell->allocator->is_hakmem && !cell->again;
}

static const cell_t *reference_of(const plan_t *plan, const workload_t *workload) {
    for (size_t i = 0; i < plan->count; i++) {
        if (is_of(&plan->cells[i], workload) && is_reference(&plan->cells[i])) {
            return &plan->cells[i];
        }
    }
    return NULL;
}

stopping_priors_t stopping_priors(const plan_t *plan, const samples_t *samples, unsigned below) {
    stopping_priors_t out;
    interval_t *rows = text_alloc((plan->count + 1) * sizeof *rows);
    for (size_t v = 0; v < STOPPING_VALUES; v++) {
        size_t count = 0;
        for (size_t i = 0; i < plan->count; i++) {
            const cell_t *cell = &plan->cells[i];
            const cell_t *reference = reference_of(plan, cell->workload);
            if (cell->phase == PHASE_COMPARE && reference && cell != reference) {
                rows[count++] =
                    pairs_ratio(samples, cell->id, reference->id, values[v], below, plan->seed);
            }
        }
        out.of[v] = moderate_prior(rows, count);
    }
    free(rows);
    return out;
}

size_t stopping_decide(plan_t *plan, const samples_t *samples, const workload_t *workload,
                       unsigned rep, double margin, const stopping_priors_t *priors) {
    size_t open = 0;
    bench_t bench = {.samples = samples,
                     .below = rep,
                     .seed = plan->seed,
                     .comparisons = (double)plan_cell_count(plan, PHASE_COMPARE),
                     .margin = margin,
                     .priors = priors,
                     .reference = reference_of(plan, workload)};
    for (size_t i = 0; i < plan->count; i++) {
        cell_t *cell = &plan->cells[i];
        if (is_of(cell, workload) && !is_reference(cell)) {
            cell->idle = cell->again ? is_narrow(&bench, cell) : is_decided(&bench, cell);
            open += !cell->idle;
        }
    }
    /* Whoever goes on is measured beside reference and twin. */
    for (size_t i = 0; i < plan->count; i++) {
        cell_t *cell = &plan->cells[i];
        if (is_of(cell, workload) && (is_reference(cell) || cell->again)) {
            cell->idle = open == 0;
        }
    }
    return open;
}

void stopping_reset(plan_t *plan) {
    for (size_t i = 0; i < plan->count; i++) {
        plan->cells[i].idle = false;
    }
}
