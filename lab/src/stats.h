/*
 * stats.h - the few statistics that the lab rests on, and the verdict that follows from them.
 *
 * A ratio of two settings is taken within a block (one repetition, in which every cell ran once in
 * random order), so that drift of the machine cancels; the estimate is the median of these ratios
 * and its interval a percentile bootstrap (Kalibera & Jones, ISMM 2013, argue for intervals of the
 * ratio). Few pairs cannot carry a 95 % interval: the widest that n pairs can give, from the
 * smallest to the largest ratio, covers the median with 1 - 2^(1-n) at most, 75 % for 3 pairs and
 * 94 % for 5. Therefore no verdict rests on the interval alone: the effect must also exceed the
 * noise floor, which is what two measurements of the very same setting (A/A) differ by in the same
 * run; and it must be significant among all comparisons of its kind in the run. For that each ratio
 * has a p-value, of a t-test on the logarithms of the pairs' ratios (a rank test of so few pairs
 * has none small enough), and Holm's step-down correction keeps the chance that any verdict of the
 * run is false at 5 %. All intervals are seeded: the same samples give the same report.
 */
#ifndef LAB_STATS_H
#define LAB_STATS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

typedef struct interval {
    double mid, lo, hi; /* NAN where there was no pair */
    size_t pairs;
    double p; /* two-sided, of "it is 1" (of a difference: 0); 1 where too little is known */
} interval_t;

/* Of no pairs. */
#define INTERVAL_NONE                                                                              \
    (interval_t) {                                                                                 \
        NAN, NAN, NAN, 0, 1                                                                        \
    }

typedef enum verdict {
    VERDICT_TOO_FEW, /* less than three pairs: nothing can be said */
    VERDICT_SAME,    /* inside the noise floor, the interval holds 1, or not significant */
    VERDICT_HIGHER,
    VERDICT_LOWER
} verdict_t;

/* Quantile of unsorted values (0 <= at <= 1); NAN for none. The values are not changed. */
double stats_quantile(const double *values, size_t count, double at);
double stats_median(const double *values, size_t count);

/* Median of a[i] / b[i], or of a[i] - b[i], with its 95 % bootstrap interval. */
interval_t stats_paired_ratio(const double *a, const double *b, size_t count, uint64_t seed);
interval_t stats_paired_difference(const double *a, const double *b, size_t count, uint64_t seed);
/* median(a) / median(b) of two independent groups, both resampled. */
interval_t stats_unpaired_ratio(const double *a, size_t a_count, const double *b, size_t b_count,
                                uint64_t seed);

/* The noise floor, as a relative difference (0.02 = 2 %): 95 % of medians of `pairs` A/A ratios lie
 * within it. `logs` are natural logarithms of A/A ratios; which of the two was divided by the other
 * is arbitrary, so each stands for itself and its negative. Never below `least`. */
double stats_noise_floor(const double *logs, size_t count, size_t pairs, double least,
                         uint64_t seed);

/* Is `ratio` a difference? It must exclude 1 and be further from it than the floor. */
verdict_t stats_verdict(interval_t ratio, double floor);

/* Holm's correction of the p-values of a family of comparisons, in place. */
void stats_holm(double *p, size_t count);
/* A verdict whose corrected p-value is not below this is no difference. */
#define STATS_SIGNIFICANT 0.05
verdict_t stats_corrected(verdict_t verdict, double corrected_p);

/* The largest coverage that an interval of the median from n pairs can have: 1 - 2^(1-n). */
double stats_coverage_bound(size_t pairs);

double stats_geometric_mean(const double *values, size_t count);

/* Geometric mean over workloads of the median of each one's paired ratios: `ratios` holds those of
 * the first workload, then of the second, …, `counts` how many each has. The interval is of the
 * measurement (every workload's pairs are resampled), not of the choice of workloads. NAN when one
 * has no pair. `pairs` is the least of the counts. */
interval_t stats_geometric_interval(const double *ratios, const size_t *counts, size_t workloads,
                                    uint64_t seed);

#endif
