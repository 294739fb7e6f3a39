/*
 * stopping.c - see stopping.h.
 */
#include "stopping.h"

#include "moderate.h"
#include "pairs.h"
#include "text.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

enum { VALUES = 2, MEMORY_LAUNCHES = 5 };
static const double clear_part = 0.25, equal_part = 0.9;

static double peak(const sample_t *s) {
    return sample_counts_as_memory(s) && s->peak_bytes > 0 ? s->peak_bytes : NAN;
}
static const sample_value_t values[VALUES] = {sample_speed, peak};

/* A cell's ratios to the reference, not moderated; of no pairs where it has none. */
typedef struct row {
    interval_t of[VALUES];
    unsigned below; /* from the repetitions below it */
} row_t;

struct stopping {
    plan_t *plan;
    const samples_t *samples;
    double margin;
    row_t *rows; /* as the plan's cells */
    prior_t priors[VALUES];
};

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

stopping_t *stopping_new(plan_t *plan, const samples_t *samples, double margin) {
    stopping_t *out = text_alloc(sizeof *out);
    *out = (stopping_t){.plan = plan,
                        .samples = samples,
                        .margin = margin,
                        .rows = text_alloc((plan->count + 1) * sizeof *out->rows)};
    for (size_t i = 0; i < plan->count; i++) {
        out->rows[i] = (row_t){{INTERVAL_NONE, INTERVAL_NONE}, 0};
    }
    return out;
}

void stopping_free(stopping_t *stopping) {
    free(stopping->rows);
    free(stopping);
}

void stopping_know(stopping_t *stopping, const workload_t *workload, unsigned below) {
    const plan_t *plan = stopping->plan;
    const cell_t *reference = reference_of(plan, workload);
    interval_t *all = text_alloc((plan->count + 1) * sizeof *all);
    for (size_t i = 0; i < plan->count && reference; i++) {
        const cell_t *cell = &plan->cells[i];
        for (size_t v = 0; v < VALUES && is_of(cell, workload) && !is_reference(cell); v++) {
            stopping->rows[i].of[v] =
                pairs_ratio(stopping->samples, cell->id, reference->id, values[v], below);
            stopping->rows[i].below = below;
        }
    }
    for (size_t v = 0; v < VALUES; v++) {
        for (size_t i = 0; i < plan->count; i++) {
            all[i] = stopping->rows[i].of[v];
        }
        stopping->priors[v] = moderate_prior(all, plan->count);
    }
    free(all);
}

static bool is_equal(interval_t r, double margin) {
    return stats_not_lower(r, margin) && stats_not_higher(r, margin);
}

/* Two-sided, of one comparison of all. */
static double clear_p(size_t comparisons) {
    return clear_part * STATS_SIGNIFICANT / (double)comparisons;
}

static bool is_decided(const stopping_t *stopping, interval_t r) {
    return r.pairs == 0 || r.p < clear_p(plan_cell_count(stopping->plan, PHASE_COMPARE)) ||
           is_equal(r, equal_part * stopping->margin);
}

/* To be clear its error must shrink to a part of what it is; to be equal its interval, and what its
 * centre is off by as likely as not. */
double stopping_launches(interval_t r, double margin, size_t comparisons) {
    double launches = (double)r.pairs, off = fabs(log(r.mid));
    double clear = gsl_cdf_ugaussian_Qinv(clear_p(comparisons) / 2) * r.error / off;
    double room = equal_part * log1p(margin) - off;
    double wide = gsl_cdf_ugaussian_Qinv(STATS_SIGNIFICANT / 2) + gsl_cdf_ugaussian_Qinv(0.25);
    double equal = room > 0 ? wide * r.error / room : INFINITY;
    double shrink = fmin(clear, equal);
    return isnan(shrink) ? 1 : fmax(launches * shrink * shrink - launches, 1);
}

static double launches_wanted(const stopping_t *stopping, interval_t r) {
    return stopping_launches(r, stopping->margin, plan_cell_count(stopping->plan, PHASE_COMPARE));
}

/* 0: it is decided. */
static double launches_for(const stopping_t *stopping, const row_t *row) {
    size_t count = row->below < MEMORY_LAUNCHES ? VALUES : 1; /* speed first */
    double out = 0;
    for (size_t v = 0; v < count; v++) {
        interval_t r = moderate(row->of[v], stopping->priors[v]);
        out = is_decided(stopping, r) ? out : fmax(out, launches_wanted(stopping, r));
    }
    return out;
}

/* The twin has nothing to decide, but shows what this machine can tell. */
static bool is_narrow(const stopping_t *stopping, const row_t *twin) {
    interval_t r = moderate(twin->of[0], stopping->priors[0]);
    return r.pairs == 0 || log(r.hi / r.lo) / 2 < equal_part * log1p(stopping->margin);
}

outlook_t stopping_decide(const stopping_t *stopping, const workload_t *workload) {
    plan_t *plan = stopping->plan;
    outlook_t out = {.launches = INFINITY};
    for (size_t i = 0; i < plan->count; i++) {
        cell_t *cell = &plan->cells[i];
        if (is_of(cell, workload) && cell->again) {
            out.twin_open = !is_narrow(stopping, &stopping->rows[i]);
        } else if (is_of(cell, workload) && !is_reference(cell)) {
            double launches = launches_for(stopping, &stopping->rows[i]);
            cell->idle = launches == 0;
            out.open += !cell->idle;
            out.launches = cell->idle ? out.launches : fmin(out.launches, launches);
        }
    }
    /* Whoever goes on is measured beside the reference; the twin until its interval is narrow. */
    for (size_t i = 0; i < plan->count; i++) {
        cell_t *cell = &plan->cells[i];
        if (is_of(cell, workload) && cell->again) {
            cell->idle = !out.twin_open;
        } else if (is_of(cell, workload) && is_reference(cell)) {
            cell->idle = out.open == 0 && !out.twin_open;
        }
    }
    return out;
}

/* ---- the confirmation ---- */

static bool is_pair(const cell_t *cell) {
    bool is_default = cell->wmax_mid == WMAX_MID_DEFAULT && cell->wmax_large == WMAX_LARGE_DEFAULT;
    return cell->phase == PHASE_CONFIRM && !is_default;
}

/* The default pair beside which a pair is measured, not its twin. */
static const cell_t *default_beside(const plan_t *plan, const cell_t *pair) {
    for (size_t i = 0; i < plan->count; i++) {
        const cell_t *cell = &plan->cells[i];
        if (cell->phase == PHASE_CONFIRM && cell->workload == pair->workload && !cell->again &&
            !is_pair(cell)) {
            return cell;
        }
    }
    return NULL;
}

static double steady(const sample_t *s) {
    return sample_compared(s, MEASURE_STEADY);
}

/* How a pair, or one cell of it, looks so far. */
typedef struct look {
    /* Logarithms of ratios to the default, summed over `cells`; of memory inverted: more is better.
     */
    double speed, peak, steady;
    double cells;
    bool worse; /* somewhere */
} look_t;

/* The ratio of a cell to another by one value; with too few launches its error is 0. */
static interval_t ratio_so_far(const samples_t *samples, const cell_t *cell, const cell_t *other,
                               sample_value_t value, unsigned below) {
    interval_t r = pairs_ratio(samples, cell->id, other->id, value, below);
    r.mid = r.pairs > 0 ? r.mid : 1;
    r.error = r.error > 0 ? r.error : 0; /* NAN: unknown */
    return r;
}

static look_t look_at(const plan_t *plan, const samples_t *samples, const cell_t *cell,
                      unsigned below, double margin) {
    const cell_t *reference = default_beside(plan, cell);
    interval_t speed = ratio_so_far(samples, cell, reference, sample_speed, below);
    interval_t peaks = ratio_so_far(samples, cell, reference, peak, below);
    interval_t end = ratio_so_far(samples, cell, reference, steady, below);
    double most = 2 * log1p(margin);
    bool worse = log(speed.mid) + speed.error < -most || log(peaks.mid) > most ||
                 log(end.mid) - end.error > most;
    return (look_t){log(speed.mid), -log(peaks.mid), -log(end.mid), 1, worse};
}

static bool is_hopeful(look_t look, double margin) {
    double least = look.cells * log1p(margin);
    return !look.worse && (look.speed > least || look.peak > least || look.steady > least);
}

static look_t look_at_pair(const plan_t *plan, const samples_t *samples, const cell_t *pair,
                           unsigned below, double margin) {
    look_t all = {0};
    for (size_t i = 0; i < plan->count; i++) {
        const cell_t *cell = &plan->cells[i];
        if (is_pair(cell) && cell->wmax_mid == pair->wmax_mid &&
            cell->wmax_large == pair->wmax_large) {
            look_t one = look_at(plan, samples, cell, below, margin);
            all = (look_t){all.speed + one.speed, all.peak + one.peak, all.steady + one.steady,
                           all.cells + 1, all.worse || one.worse};
        }
    }
    return all;
}

/* Of CONFIRM but for these pairs, and the default beside them. */
static void rest_all_but(plan_t *plan, const bool *goes_on) {
    for (size_t i = 0; i < plan->count; i++) {
        cell_t *cell = &plan->cells[i];
        bool wanted = false;
        for (size_t j = 0; j < plan->count && !wanted; j++) {
            wanted = goes_on[j] && (j == i || cell == default_beside(plan, &plan->cells[j]));
        }
        cell->idle = cell->phase == PHASE_CONFIRM ? !wanted : cell->idle;
    }
}

void stopping_confirm(plan_t *plan, const samples_t *samples, unsigned below, double margin) {
    bool *goes_on = text_alloc((plan->count + 1) * sizeof *goes_on);
    for (size_t i = 0; i < plan->count; i++) {
        const cell_t *cell = &plan->cells[i];
        if (is_pair(cell)) {
            look_t all = look_at_pair(plan, samples, cell, below, margin);
            goes_on[i] = (all.cells > 1 && is_hopeful(all, margin)) ||
                         is_hopeful(look_at(plan, samples, cell, below, margin), margin);
        }
    }
    rest_all_but(plan, goes_on);
    free(goes_on);
}

/* A launch later it looks again, some two dozen times: an interval half as wide again holds the
 * truth in 99.7 of a hundred looks. */
static const double look_errors = 1.5;
static const size_t least_sure = 4; /* launches: fewer may agree by chance */

/* Stricter than the report, which looks once. */
static interval_t wider(interval_t r) {
    return r.pairs == 0 ? r
                        : stats_interval_of(log(r.mid), look_errors * r.error, r.freedom, r.pairs);
}

/* A measure of a pair over the default: speed, or memory inverted, so that more is better. */
typedef struct finding {
    interval_t ratio;
    bool is_known; /* else the workload has no such figure, and it decides nothing */
} finding_t;

static finding_t finding_of(const cell_stats_t *cell, measure_t measure) {
    interval_t r = cell ? cell->ratio[measure] : INTERVAL_NONE;
    bool is_known = r.pairs > 0;
    if (is_known && measure != MEASURE_THROUGHPUT) {
        r = stats_interval_of(-log(r.mid), r.error, r.freedom, r.pairs);
    }
    return (finding_t){r, is_known};
}

/* It may well be no worse, and so many launches as a row gets at most should show it, if luck was
 * against it so far: the error falls with the root of their number. */
static bool may_be_no_worse(interval_t r, double margin) {
    double room = log1p(margin) + log(r.mid) + r.error;
    double wide = gsl_cdf_ugaussian_Qinv(STATS_SIGNIFICANT / 2) * look_errors * r.error;
    return r.pairs < least_sure ||
           (room > 0 && (double)r.pairs * wide * wide <= PLAN_LAUNCHES_MOST * room * room);
}

/* Most likely better in one, and may well be shown to be no worse in the others. */
static bool is_likely(const finding_t *findings, size_t count, double margin) {
    bool better = false;
    for (size_t i = 0; i < count; i++) {
        if (findings[i].is_known && !may_be_no_worse(findings[i].ratio, margin)) {
            return false;
        }
        better |= findings[i].is_known && findings[i].ratio.mid > 1 + margin;
    }
    return better;
}

static bool is_sure(const finding_t *findings, size_t count, double margin) {
    bool better = false;
    for (size_t i = 0; i < count; i++) {
        interval_t r = wider(findings[i].ratio);
        if (findings[i].is_known && (r.pairs < least_sure || !stats_not_lower(r, margin))) {
            return false;
        }
        better |= findings[i].is_known && r.lo > 1;
    }
    return better;
}

/* The confirmation's launches so far, whatever an interrupted run has beyond them. */
static samples_t confirmed_so_far(const plan_t *plan, const samples_t *all) {
    samples_t out = {.items = text_alloc((all->count + 1) * sizeof *out.items)};
    for (size_t i = 0; i < all->count; i++) {
        const sample_t *sample = &all->items[i];
        if (sample->phase == PHASE_CONFIRM && sample->rep < plan->reps[PHASE_CONFIRM]) {
            out.items[out.count++] = *sample;
        }
    }
    return out;
}

size_t stopping_confirm_open(plan_t *plan, const run_info_t *info, const samples_t *all) {
    samples_t samples = confirmed_so_far(plan, all);
    analysis_t analysis;
    analysis_make(info, &samples, &analysis);
    double margin = analysis_margin(&analysis);
    bool *goes_on = text_alloc((plan->count + 1) * sizeof *goes_on);
    size_t open = 0;
    for (size_t i = 0; i < plan->count; i++) {
        const cell_t *cell = &plan->cells[i];
        if (is_pair(cell) && !cell->idle) {
            const cell_stats_t *c = analysis_find(&analysis, PHASE_CONFIRM, cell->workload->name,
                                                  "hakmem", cell->wmax_mid, cell->wmax_large);
            const finding_t findings[] = {finding_of(c, MEASURE_THROUGHPUT),
                                          finding_of(c, MEASURE_PEAK),
                                          finding_of(c, MEASURE_STEADY)};
            size_t count = sizeof findings / sizeof *findings;
            goes_on[i] = is_likely(findings, count, margin) && !is_sure(findings, count, margin);
            open += goes_on[i];
        }
    }
    rest_all_but(plan, goes_on);
    free(goes_on);
    free(samples.items);
    return open;
}

void stopping_reset(plan_t *plan) {
    for (size_t i = 0; i < plan->count; i++) {
        plan->cells[i].idle = false;
    }
}
