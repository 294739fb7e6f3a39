/*
 * stats.h - the few statistics that the lab rests on, and the verdict that follows from them.
 *
 * What is compared are logarithms of ratios, each taken between neighbours in time: two turns of
 * one block (turns.h of the workloads), or two whole processes that ran back to back. They come in
 * launches: one process of each setting, with addresses, pages and an environment of its own.
 * Variance arises between blocks and between launches (Kalibera & Jones, ISMM 2013), and a launch
 * with a thousand blocks is still one launch.
 *
 *   a launch's value  of whole processes the ratio; of turns the centre of its blocks (pairs.h)
 *   the estimate      the Hodges-Lehmann centre of the launches: the median of all their pairwise
 *                     means. One wild launch hardly moves it; of normal values it has 95 % of the
 *                     mean's efficiency (Hodges & Lehmann, 1963).
 *   its error         the larger of two. Of those same pairwise means, sorted, half of what the
 *                     middle ones span: as many as lie within one standard deviation of Wilcoxon's
 *                     signed rank statistic (Lehmann, Annals of Mathematical Statistics 34, 1963).
 *                     One wild launch of ten costs it little. Where launches are of two kinds, as
 *                     often the one as the other, the middle means are all of one of each, and span
 *                     nothing: there the median deviation from the centre tells
 *   its freedom       n - 1 of few launches, 0.64 (n - 1) + 1 of more: what the scatter of the
 *                     first of the two is worth, of normal values
 *   moderated         by what all rows of the run know about errors (moderate.h): few launches of
 *                     one row tell little about its spread, the launches of all rows tell a lot
 *   the interval      estimate +- t(freedom) * error, 95 %
 *   p                 of the t statistic of that same estimate and error
 *
 * One launch gives an estimate and no interval, and less than two degrees of freedom no verdict:
 * two launches may agree by chance, and then seem to be beyond doubt. Nothing is drawn at random
 * but the noise floor, from a seed: the same samples give the same report.
 *
 * Four verdicts: higher or lower (p, corrected for all comparisons of its kind in the run by Holm's
 * procedure, is below 5 %), equivalent (the whole interval lies within the margin), undecided. Not
 * shown to differ is not shown to be equal. A difference that is sure and within the margin is
 * "equivalent": that is what a margin is for.
 */
#ifndef LAB_STATS_H
#define LAB_STATS_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct interval {
    double mid, lo, hi; /* NAN where there was no pair; lo and hi also where there was one launch */
    size_t pairs;       /* launches */
    double p;           /* two-sided, of "it is 1" (of a difference: 0); 1: too little is known */
    double error;       /* of the logarithm (of a difference: of itself); NAN: unknown */
    double freedom;     /* degrees of, of `error` */
    double within;      /* what `error` would be if launches differed by what turns vary alone;
                         * NAN: unknown, as of whole processes */
} interval_t;

/* Of no pairs. */
#define INTERVAL_NONE                                                                              \
    (interval_t) {                                                                                 \
        NAN, NAN, NAN, 0, 1, NAN, 0, NAN                                                           \
    }

typedef enum verdict {
    VERDICT_UNDECIDED,
    VERDICT_EQUIVALENT,
    VERDICT_HIGHER,
    VERDICT_LOWER
} verdict_t;

/* What one launch has to say. */
typedef struct launch_value {
    double value;  /* NAN: nothing */
    double within; /* its error, by how its turns vary; NAN: unknown */
} launch_value_t;

/* Quantile of unsorted values (0 <= at <= 1); NAN for none. The values are not changed. */
double stats_quantile(const double *values, size_t count, double at);
double stats_median(const double *values, size_t count);
/* Hodges-Lehmann; NAN for none. */
double stats_centre(const double *values, size_t count);
/* The median deviation from the centre; of normal values, their standard deviation. */
double stats_deviation(const double *values, size_t count, double centre);
/* The centre's error by the values' deviation: of normal values it has pi/3 of the mean's variance.
 */
double stats_centre_error(size_t count, double deviation);

/* Of logarithms of ratios: the ratio. Launches without a value are left out. */
interval_t stats_ratio(const launch_value_t *launches, size_t count);
/* The ratio a[i] / b[i] and the difference a[i] - b[i] of launches with one value each. */
interval_t stats_paired_ratio(const double *a, const double *b, size_t count);
interval_t stats_paired_difference(const double *a, const double *b, size_t count);
/* a over b of two independent groups. */
interval_t stats_unpaired_ratio(const double *a, size_t a_count, const double *b, size_t b_count);
/* Geometric mean of independent ratios: errors add in squares, and the degrees of freedom are
 * Welch's and Satterthwaite's. The interval is of the measurement, not of the choice of what is
 * averaged. NAN when one has no pair; `pairs` is the least of theirs. */
interval_t stats_geometric_interval(const interval_t *ratios, size_t count);
/* From an estimate (a logarithm), its error and degrees of freedom. */
interval_t stats_interval_of(double log_mid, double error, double freedom, size_t pairs);

/* The noise floor, as a relative difference (0.02 = 2 %): 95 % of medians of `pairs` A/A ratios lie
 * within it. `logs` are natural logarithms of A/A ratios; which of the two was divided by the other
 * is arbitrary, so each stands for itself and its negative. For people: no verdict rests on it. */
double stats_noise_floor(const double *logs, size_t count, size_t pairs, uint64_t seed);

/* `corrected_p`: of the ratio, after stats_holm. `margin`: 0.02 = 2 %. */
verdict_t stats_verdict(interval_t ratio, double corrected_p, double margin);
bool stats_differs(verdict_t verdict);
/* A ratio as people read it: "+1.0 % [+0.5, +1.5]", "+1.0 % (too few launches)", "unknown". */
char *stats_change_text(interval_t r);

/* Enough launches, and degrees of freedom, for a verdict? */
bool stats_suffices(interval_t ratio);
/* Sure to be no lower than the margin allows, to be no higher. */
bool stats_not_lower(interval_t ratio, double margin);
bool stats_not_higher(interval_t ratio, double margin);

/* Holm's correction of the p-values of a family of comparisons, in place. */
void stats_holm(double *p, size_t count);
#define STATS_SIGNIFICANT 0.05

double stats_geometric_mean(const double *values, size_t count);

#endif
