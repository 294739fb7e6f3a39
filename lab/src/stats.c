/*
 * stats.c - centres, errors, intervals, verdicts. The method is in stats.h.
 */
#include "stats.h"

#include "text.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <stdlib.h>
#include <string.h>

static const double least_freedom = 2;

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

/* All pairwise means, each value with itself too, in order. Returns how many. */
static size_t pairwise_means(const double *values, size_t count, double **out) {
    size_t used = 0;
    *out = text_alloc((count * (count + 1) / 2 + 1) * sizeof **out);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i; j < count; j++) {
            (*out)[used++] = (values[i] + values[j]) / 2;
        }
    }
    gsl_sort(*out, 1, used);
    return used;
}

double stats_centre(const double *values, size_t count) {
    double *means;
    size_t used = pairwise_means(values, count, &means);
    double out = used == 0 ? NAN : gsl_stats_median_from_sorted_data(means, 1, used);
    free(means);
    return out;
}

double stats_deviation(const double *values, size_t count, double centre) {
    static const double of_normal_values = 1.4826;
    double *away = text_alloc((count + 1) * sizeof *away);
    for (size_t i = 0; i < count; i++) {
        away[i] = fabs(values[i] - centre);
    }
    double out = of_normal_values * stats_median(away, count);
    free(away);
    return out;
}

double stats_centre_error(size_t count, double deviation) {
    return deviation * sqrt(M_PI / 3 / (double)count);
}

/* Half of what the middle pairwise means span. */
static double middle_span(const double *means, size_t used, double n) {
    double part = sqrt(n * (n + 1) * (2 * n + 1) / 24) / (double)(used - 1);
    part = part < 0.5 ? part : 0.5;
    return (gsl_stats_quantile_from_sorted_data(means, 1, used, 0.5 + part) -
            gsl_stats_quantile_from_sorted_data(means, 1, used, 0.5 - part)) /
           2;
}

/* NAN of one launch. */
static double centre_error(const double *values, size_t count) {
    if (count < 2) {
        return NAN;
    }
    double *means;
    size_t used = pairwise_means(values, count, &means);
    double centre = gsl_stats_median_from_sorted_data(means, 1, used);
    double span = middle_span(means, used, (double)count);
    double even = stats_centre_error(count, stats_deviation(values, count, centre));
    free(means);
    return span > even ? span : even;
}

/* Fitted to how far the logarithms of middle spans scatter, of 20,000 draws of normal values each:
 * 2.0 of three launches, 4.25 of six, 6.6 of ten, 12.8 of twenty. */
static double centre_freedom(size_t count) {
    double rest = (double)count - 1, out = 0.64 * rest + 1;
    return out < rest ? out : rest;
}

/* Two-sided, from a t statistic. Values without any spread are beyond doubt. */
static double p_of(double estimate, double error, double freedom) {
    if (!(freedom > 0) || !isfinite(estimate) || isnan(error)) {
        return 1;
    }
    if (error <= 1e-12 * fabs(estimate)) {
        return estimate == 0 ? 1 : 0;
    }
    return 2 * gsl_cdf_tdist_Q(fabs(estimate) / error, freedom);
}

static interval_t interval_of(double mid, double error, double freedom, size_t pairs) {
    interval_t out = {.mid = mid,
                      .lo = NAN,
                      .hi = NAN,
                      .pairs = pairs,
                      .p = p_of(mid, error, freedom),
                      .error = error,
                      .freedom = freedom,
                      .within = NAN};
    if (freedom > 0 && !isnan(error)) {
        double half = error * gsl_cdf_tdist_Pinv(0.975, freedom);
        out.lo = mid - half;
        out.hi = mid + half;
    }
    return out;
}

static interval_t of_logs(interval_t logs) {
    logs.mid = exp(logs.mid);
    logs.lo = exp(logs.lo);
    logs.hi = exp(logs.hi);
    return logs;
}

interval_t stats_interval_of(double log_mid, double error, double freedom, size_t pairs) {
    return of_logs(interval_of(log_mid, error, freedom, pairs));
}

/* Of the values themselves, one for each launch. */
static interval_t centre_interval(const double *values, size_t count) {
    return count == 0 ? INTERVAL_NONE
                      : interval_of(stats_centre(values, count), centre_error(values, count),
                                    centre_freedom(count), count);
}

/* NAN where one launch does not know. */
static double within_error(const launch_value_t *launches, size_t count) {
    double squares = 0, used = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isnan(launches[i].value)) {
            squares += launches[i].within * launches[i].within;
            used++;
        }
    }
    return sqrt(squares) / used;
}

interval_t stats_ratio(const launch_value_t *launches, size_t count) {
    double *values = text_alloc((count + 1) * sizeof *values);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        values[used] = launches[i].value;
        used += !isnan(values[used]);
    }
    interval_t out = of_logs(centre_interval(values, used));
    out.within = within_error(launches, count);
    free(values);
    return out;
}

interval_t stats_paired_ratio(const double *a, const double *b, size_t count) {
    double *logs = text_alloc((count + 1) * sizeof *logs);
    for (size_t i = 0; i < count; i++) {
        logs[i] = log(a[i] / b[i]);
    }
    interval_t out = of_logs(centre_interval(logs, count));
    free(logs);
    return out;
}

interval_t stats_paired_difference(const double *a, const double *b, size_t count) {
    double *differences = text_alloc((count + 1) * sizeof *differences);
    for (size_t i = 0; i < count; i++) {
        differences[i] = a[i] - b[i];
    }
    interval_t out = centre_interval(differences, count);
    free(differences);
    return out;
}

/* The degrees of freedom of a sum of independent estimates. */
typedef struct sum {
    double mid, squares, denominator;
} sum_t;

static void add_to(sum_t *sum, double mid, double squared, double freedom) {
    sum->mid += mid;
    sum->squares += squared;
    sum->denominator += freedom > 0 ? squared * squared / freedom : NAN;
}

/* Without any error the interval is a point, whatever the freedom. */
static double freedom_of(const sum_t *sum) {
    static const double any_freedom = 1000;
    return sum->squares > 0      ? sum->squares * sum->squares / sum->denominator
           : isnan(sum->squares) ? 0
                                 : any_freedom;
}

interval_t stats_unpaired_ratio(const double *a, size_t a_count, const double *b, size_t b_count) {
    if (a_count == 0 || b_count == 0) {
        return INTERVAL_NONE;
    }
    sum_t sum = {0};
    double *logs = text_alloc((a_count + b_count) * sizeof *logs);
    for (size_t i = 0; i < a_count + b_count; i++) {
        logs[i] = log(i < a_count ? a[i] : b[i - a_count]);
    }
    interval_t over = centre_interval(logs, a_count);
    interval_t under = centre_interval(logs + a_count, b_count);
    add_to(&sum, over.mid, over.error * over.error, over.freedom);
    add_to(&sum, -under.mid, under.error * under.error, under.freedom);
    free(logs);
    return stats_interval_of(sum.mid, sqrt(sum.squares), freedom_of(&sum),
                             a_count < b_count ? a_count : b_count);
}

interval_t stats_geometric_interval(const interval_t *ratios, size_t count) {
    sum_t sum = {0};
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        const interval_t *r = &ratios[i];
        add_to(&sum, log(r->mid), r->error * r->error, r->freedom);
        least = r->pairs < least ? r->pairs : least;
    }
    if (count == 0 || least == 0) {
        return INTERVAL_NONE;
    }
    double n = (double)count;
    return stats_interval_of(sum.mid / n, sqrt(sum.squares) / n, freedom_of(&sum), least);
}

enum { RESAMPLES = 1000 };

static gsl_rng *generator(uint64_t seed) {
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(rng, (unsigned long)seed);
    return rng;
}

double stats_noise_floor(const double *logs, size_t count, size_t pairs, uint64_t seed) {
    if (count == 0 || pairs == 0) {
        return NAN;
    }
    double *both = text_alloc((2 * count + pairs) * sizeof *both), *draw = both + 2 * count;
    for (size_t i = 0; i < count; i++) {
        both[2 * i] = logs[i];
        both[2 * i + 1] = -logs[i];
    }
    double medians[RESAMPLES];
    gsl_rng *rng = generator(seed);
    for (size_t i = 0; i < RESAMPLES; i++) {
        for (size_t j = 0; j < pairs; j++) {
            draw[j] = both[gsl_rng_uniform_int(rng, 2 * count)];
        }
        medians[i] = fabs(gsl_stats_median(draw, 1, pairs));
    }
    double floor = expm1(stats_quantile(medians, RESAMPLES, 0.95));
    gsl_rng_free(rng);
    free(both);
    return floor;
}

bool stats_not_lower(interval_t ratio, double margin) {
    return ratio.lo > 1 / (1 + margin);
}

bool stats_not_higher(interval_t ratio, double margin) {
    return ratio.hi < 1 + margin;
}

bool stats_differs(verdict_t verdict) {
    return verdict == VERDICT_HIGHER || verdict == VERDICT_LOWER;
}

bool stats_suffices(interval_t ratio) {
    return ratio.pairs >= 2 && ratio.freedom >= least_freedom;
}

verdict_t stats_verdict(interval_t ratio, double corrected_p, double margin) {
    if (!stats_suffices(ratio)) {
        return VERDICT_UNDECIDED;
    }
    if (stats_not_lower(ratio, margin) && stats_not_higher(ratio, margin)) {
        return VERDICT_EQUIVALENT;
    }
    if (corrected_p < STATS_SIGNIFICANT && ratio.lo > 1) {
        return VERDICT_HIGHER;
    }
    if (corrected_p < STATS_SIGNIFICANT && ratio.hi < 1) {
        return VERDICT_LOWER;
    }
    return VERDICT_UNDECIDED;
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

double stats_geometric_mean(const double *values, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += log(values[i]);
    }
    return count ? exp(sum / (double)count) : NAN;
}

char *stats_change_text(interval_t r) {
    double percent = 100 * (r.mid - 1);
    return isnan(r.mid)         ? text_copy("unknown")
           : !stats_suffices(r) ? text_format("%+.1f %% (too few launches)", percent)
                                : text_format("%+.1f %% [%+.1f, %+.1f]", percent, 100 * (r.lo - 1),
                                              100 * (r.hi - 1));
}
