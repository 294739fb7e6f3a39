/*
 * stats.c - medians, bootstrap intervals, noise floor, verdict. The method is in stats.h.
 */
#include "stats.h"

#include "text.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Percentiles of 2000 resamples move by about 0.2 % of the interval's width between seeds. */
enum { RESAMPLES = 2000 };

double stats_quantile(const double *values, size_t count, double at) {
    if (count == 0) {
        return NAN;
    }
    double *sorted = text_alloc(count * sizeof *sorted);
    memcpy(sorted, values, count * sizeof *sorted);
    gsl_sort(sorted, 1, count);
    double out = gsl_stats_quantile_from_sorted_data(sorted, 1, count, at);
    free(sorted);
    return out;
}

double stats_median(const double *values, size_t count) {
    return stats_quantile(values, count, 0.5);
}

static gsl_rng *generator(uint64_t seed) {
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(rng, (unsigned long)seed);
    return rng;
}

/* Draws `count` of `from` with replacement into `into` and returns their median. */
static double resample_median(gsl_rng *rng, const double *from, size_t from_count, double *into,
                              size_t count) {
    for (size_t i = 0; i < count; i++) {
        into[i] = from[gsl_rng_uniform_int(rng, from_count)];
    }
    gsl_sort(into, 1, count);
    return gsl_stats_median_from_sorted_data(into, 1, count);
}

/* Median of the values and its percentile bootstrap interval. */
static interval_t median_interval(const double *values, size_t count, uint64_t seed) {
    interval_t out = INTERVAL_NONE;
    if (count == 0) {
        return out;
    }
    out.pairs = count;
    double *draw = text_alloc(count * sizeof *draw);
    double medians[RESAMPLES];
    gsl_rng *rng = generator(seed);
    for (size_t i = 0; i < RESAMPLES; i++) {
        medians[i] = resample_median(rng, values, count, draw, count);
    }
    out.mid = stats_median(values, count);
    out.lo = stats_quantile(medians, RESAMPLES, 0.025);
    out.hi = stats_quantile(medians, RESAMPLES, 0.975);
    gsl_rng_free(rng);
    free(draw);
    return out;
}

/* Two-sided, from a t statistic. Values without any spread are beyond doubt. */
static double p_of(double mean, double standard_error, double freedom) {
    if (!(freedom > 0) || !isfinite(mean)) {
        return 1;
    }
    if (standard_error <= 1e-12 * fabs(mean)) {
        return mean == 0 ? 1 : 0;
    }
    return 2 * gsl_cdf_tdist_Q(fabs(mean) / standard_error, freedom);
}

static double p_of_values(const double *values, size_t count) {
    double n = (double)count;
    return count < 2 ? 1
                     : p_of(gsl_stats_mean(values, 1, count),
                            gsl_stats_sd(values, 1, count) / sqrt(n), n - 1);
}

static void take_logs(double *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        values[i] = log(values[i]);
    }
}

interval_t stats_paired_ratio(const double *a, const double *b, size_t count, uint64_t seed) {
    double *ratios = text_alloc(count * sizeof *ratios);
    for (size_t i = 0; i < count; i++) {
        ratios[i] = a[i] / b[i];
    }
    interval_t out = median_interval(ratios, count, seed);
    take_logs(ratios, count);
    out.p = p_of_values(ratios, count);
    free(ratios);
    return out;
}

interval_t stats_paired_difference(const double *a, const double *b, size_t count, uint64_t seed) {
    double *differences = text_alloc(count * sizeof *differences);
    for (size_t i = 0; i < count; i++) {
        differences[i] = a[i] - b[i];
    }
    interval_t out = median_interval(differences, count, seed);
    out.p = p_of_values(differences, count);
    free(differences);
    return out;
}

/* Welch's test on the logarithms. */
static double p_unpaired(const double *a, size_t a_count, const double *b, size_t b_count) {
    if (a_count < 2 || b_count < 2) {
        return 1;
    }
    double *logs = text_alloc((a_count + b_count) * sizeof *logs), *other = logs + a_count;
    memcpy(logs, a, a_count * sizeof *a);
    memcpy(other, b, b_count * sizeof *b);
    take_logs(logs, a_count + b_count);
    double mean = gsl_stats_mean(logs, 1, a_count) - gsl_stats_mean(other, 1, b_count);
    double u = gsl_stats_variance(logs, 1, a_count) / (double)a_count;
    double v = gsl_stats_variance(other, 1, b_count) / (double)b_count;
    double freedom =
        u + v > 0 ? pow(u + v, 2) / (u * u / (double)(a_count - 1) + v * v / (double)(b_count - 1))
                  : 1;
    free(logs);
    return p_of(mean, sqrt(u + v), freedom);
}

interval_t stats_unpaired_ratio(const double *a, size_t a_count, const double *b, size_t b_count,
                                uint64_t seed) {
    interval_t out = INTERVAL_NONE;
    if (a_count == 0 || b_count == 0) {
        return out;
    }
    out.pairs = a_count < b_count ? a_count : b_count;
    out.p = p_unpaired(a, a_count, b, b_count);
    double *draw = text_alloc((a_count + b_count) * sizeof *draw);
    double ratios[RESAMPLES];
    gsl_rng *rng = generator(seed);
    for (size_t i = 0; i < RESAMPLES; i++) {
        double top = resample_median(rng, a, a_count, draw, a_count);
        ratios[i] = top / resample_median(rng, b, b_count, draw + a_count, b_count);
    }
    out.mid = stats_median(a, a_count) / stats_median(b, b_count);
    out.lo = stats_quantile(ratios, RESAMPLES, 0.025);
    out.hi = stats_quantile(ratios, RESAMPLES, 0.975);
    gsl_rng_free(rng);
    free(draw);
    return out;
}

double stats_noise_floor(const double *logs, size_t count, size_t pairs, double least,
                         uint64_t seed) {
    if (count == 0 || pairs == 0) {
        return least;
    }
    double *both = text_alloc((2 * count + pairs) * sizeof *both), *draw = both + 2 * count;
    for (size_t i = 0; i < count; i++) {
        both[2 * i] = logs[i];
        both[2 * i + 1] = -logs[i];
    }
    double medians[RESAMPLES];
    gsl_rng *rng = generator(seed);
    for (size_t i = 0; i < RESAMPLES; i++) {
        medians[i] = fabs(resample_median(rng, both, 2 * count, draw, pairs));
    }
    double floor = expm1(stats_quantile(medians, RESAMPLES, 0.95));
    gsl_rng_free(rng);
    free(both);
    return floor > least ? floor : least;
}

verdict_t stats_verdict(interval_t ratio, double floor) {
    if (ratio.pairs < 3 || isnan(ratio.mid)) {
        return VERDICT_TOO_FEW;
    }
    if (ratio.lo > 1 && ratio.mid > 1 + floor) {
        return VERDICT_HIGHER;
    }
    if (ratio.hi < 1 && ratio.mid < 1 / (1 + floor)) {
        return VERDICT_LOWER;
    }
    return VERDICT_SAME;
}

void stats_holm(double *p, size_t count) {
    size_t *order = text_alloc((count + 1) * sizeof *order);
    double highest = 0;
    if (count > 0) {
        gsl_sort_index(order, p, 1, count);
    }
    for (size_t i = 0; i < count; i++) {
        double corrected = p[order[i]] * (double)(count - i);
        highest = corrected > highest ? corrected : highest; /* never below that of a smaller p */
        p[order[i]] = highest < 1 ? highest : 1;
    }
    free(order);
}

verdict_t stats_corrected(verdict_t verdict, double corrected_p) {
    bool differs = verdict == VERDICT_HIGHER || verdict == VERDICT_LOWER;
    return differs && !(corrected_p < STATS_SIGNIFICANT) ? VERDICT_SAME : verdict;
}

double stats_coverage_bound(size_t pairs) {
    return pairs == 0 ? 0 : 1 - pow(2, 1 - (double)pairs);
}

double stats_geometric_mean(const double *values, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += log(values[i]);
    }
    return count ? exp(sum / (double)count) : NAN;
}

/* One resample (or, without a generator, the values as they are) of every workload. */
static double geometric_of_medians(gsl_rng *rng, const double *ratios, const size_t *counts,
                                   size_t workloads, double *draw) {
    double sum = 0;
    for (size_t w = 0; w < workloads; ratios += counts[w++]) {
        sum += log(rng ? resample_median(rng, ratios, counts[w], draw, counts[w])
                       : stats_median(ratios, counts[w]));
    }
    return exp(sum / (double)workloads);
}

interval_t stats_geometric_interval(const double *ratios, const size_t *counts, size_t workloads,
                                    uint64_t seed) {
    interval_t out = INTERVAL_NONE;
    size_t most = 0, least = SIZE_MAX;
    for (size_t w = 0; w < workloads; w++) {
        most = counts[w] > most ? counts[w] : most;
        least = counts[w] < least ? counts[w] : least;
    }
    if (workloads == 0 || least == 0) {
        return out;
    }
    double *draw = text_alloc(most * sizeof *draw), means[RESAMPLES];
    gsl_rng *rng = generator(seed);
    for (size_t i = 0; i < RESAMPLES; i++) {
        means[i] = geometric_of_medians(rng, ratios, counts, workloads, draw);
    }
    out.mid = geometric_of_medians(NULL, ratios, counts, workloads, draw);
    out.lo = stats_quantile(means, RESAMPLES, 0.025);
    out.hi = stats_quantile(means, RESAMPLES, 0.975);
    out.pairs = least;
    gsl_rng_free(rng);
    free(draw);
    return out;
}
