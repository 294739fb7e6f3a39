/*
 * recommend.h - which W_MAX pair for which workload, and one for all of them.
 *
 * Two steps, on separate samples. The grid suggests: among the pairs whose bounds do not make it
 * slower by more than a twentieth, the one whose bounds make it take the least peak memory per
 * requested byte, where a difference inside half the margin, inside twice what the default differs
 * from itself on that grid, or inside four times what cells differ from what their bounds make of
 * them, counts as none; where no pair takes less, the one with the best throughput for its memory;
 * of pairs that tie, the one closest to the default. What a bound makes of a figure is the median
 * over all cells that have it. The confirmation decides, on fresh launches of that pair and the
 * default: recommended is what is shown to be better in speed, or in memory at its peak or at the
 * end, and shown to be no worse by more than the margin in any of them. (In turns the peak is that
 * of the start, which is the same work for all; a program that lives longer is as at the end.)
 * Without it the best of 20 noisy cells would always look like a gain.
 *
 * Of twenty cells that differ by one bound, noise draws the other. So a pair that changes both
 * bounds is confirmed beside the two that change one of them, and what is recommended is the
 * mildest of those that the best of them is not clearly better than.
 */
#ifndef LAB_RECOMMEND_H
#define LAB_RECOMMEND_H

#include "analysis.h"
#include "plan.h"

typedef enum decision {
    DECISION_SAME,        /* no pair stood out of the noise on the grid */
    DECISION_UNCONFIRMED, /* one did, but the fresh samples do not say so */
    DECISION_UNTESTED, /* one did, and has fewer than three fresh launches: the first did not look
                          like it (stopping.h), or there was no time */
    DECISION_CHANGE
} decision_t;

typedef struct bounds {
    dec_t mid, large;
} bounds_t;

typedef struct recommendation {
    const char *workload; /* NULL: for all of them together */
    decision_t decision;
    bounds_t suggested;       /* by the grid alone; the default pair with DECISION_SAME */
    dec_t mid, large;         /* that pair, or a milder one that was confirmed */
    double screen_throughput; /* ratios to the default on the grid */
    double screen_peak;
    /* Confirmed ratios; for all workloads: geometric means. */
    interval_t throughput, peak, steady;
} recommendation_t;

typedef struct recommendations {
    recommendation_t *items; /* the grid's workloads in order, then the one for all */
    size_t count;
} recommendations_t;

void recommend(const analysis_t *analysis, recommendations_t *out);

/* Into `out` the pairs that change one bound where `pair` changes both; how many: 0 or 2. */
size_t recommend_milder(bounds_t pair, bounds_t out[2]);

/* The pairs that the confirmation is to measure, of a workload one after the other: per workload
 * its own, beside what is milder, and the one for all. Into `out`, which the caller frees; how
 * many. */
size_t recommend_to_confirm(const recommendations_t *all, const plan_t *plan, wmax_pair_t **out);

/* Of a cell of the grid: does it differ from the default pair by more than the suggestion takes for
 * nothing? No verdict: the grid may have one launch. */
bool recommend_beyond(const analysis_t *analysis, const cell_stats_t *cell, measure_t measure);

/* One sentence for people. */
char *recommend_sentence(const recommendation_t *item);

#endif
