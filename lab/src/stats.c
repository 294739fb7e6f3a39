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

/* The error of 1000 resamples moves by about 2 % between seeds. */
enum { RESAMPLES = 1000 };

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

static size_t mean_count(size_t count) {
    return count * (count + 1) / 2;
}

/* `room` holds mean_count values. */
static double centre_of(const double *values, size_t count, double *room) {
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i; j < count; j++) {
            room[used++] = (values[i] + values[j]) / 2;
        }
    }
    return gsl_stats_median(room, 1, used);
}

double stats_centre(const double *values, size_t count) {
    if (count == 0) {
        return NAN;
    }
    double *room = text_alloc(mean_count(count) * sizeof *room);
    double out = centre_of(values, count, room);
    free(room);
    return out;
}

static gsl_rng *generator(uint64_t seed) {
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(rng, (unsigned long)seed);
    return rng;
}

/* Median of `count` draws with replacement from a launch. */
static double draw_launch(gsl_rng *rng, const launch_values_t *from, double *room) {
    if (from->count == 1) {
        return from->values[0];
    }
    for (size_t i = 0; i < from->count; i++) {
        room[i] = from->values[gsl_rng_uniform_int(rng, from->count)];
    }
    return gsl_stats_median(room, 1, from->count);
}

/* What resampling needs, of one group of launches. */
typedef struct pool {
    const launch_values_t *launches;
    size_t count;
    double *drawn, *room;
} pool_t;

static pool_t pool_of(const launch_values_t *launches, size_t count) {
    size_t most = mean_count(count);
    for (size_t i = 0; i < count; i++) {
        most = launches[i].count > most ? launches[i].count : most;
    }
    double *room = text_alloc((count + most + 1) * sizeof *room);
    return (pool_t){launches, count, room + most, room};
}

/* The centre of one draw; without a generator of what is there. */
static double pool_centre(const pool_t *pool, gsl_rng *rng) {
    for (size_t i = 0; i < pool->count; i++) {
        const launch_values_t *one = &pool->launches[rng ? gsl_rng_uniform_int(rng, pool->count) : i];
        pool->drawn[i] =
            rng ? draw_launch(rng, one, pool->room) : stats_median(one->values, one->count);
    }
    return centre_of(pool->drawn, pool->count, pool->room);
}

/* The square of the error of the centre; NAN for one launch. */
static double error_squared(const pool_t *pool, gsl_rng *rng) {
    double n = (double)pool->count, centres[RESAMPLES];
    if (pool->count < 2) {
        return NAN;
    }
    for (size_t i = 0; i < RESAMPLES; i++) {
        centres[i] = pool_centre(pool, rng);
    }
    return gsl_stats_variance(centres, 1, RESAMPLES) * n / (n - 1);
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
                      .freedom = freedom};
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

/* Of the values themselves. */
static interval_t centre_interval(const launch_values_t *launches, size_t count, uint64_t seed) {
    launch_values_t *some = text_alloc((count + 1) * sizeof *some);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (launches[i].count > 0) {
            some[used++] = launches[i];
        }
    }
    interval_t out = INTERVAL_NONE;
    if (used > 0) {
        pool_t pool = pool_of(some, used);
        gsl_rng *rng = generator(seed);
        double mid = pool_centre(&pool, NULL);
        out = interval_of(mid, sqrt(error_squared(&pool, rng)), (double)used - 1, used);
        gsl_rng_free(rng);
        free(pool.room);
    }
    free(some);
    return out;
}

interval_t stats_ratio(const launch_values_t *launches, size_t count, uint64_t seed) {
    return of_logs(centre_interval(launches, count, seed));
}

static interval_t single_values(const double *values, size_t count, uint64_t seed) {
    launch_values_t *launches = text_alloc((count + 1) * sizeof *launches);
    for (size_t i = 0; i < count; i++) {
        launches[i] = (launch_values_t){&values[i], 1};
    }
    interval_t out = centre_interval(launches, count, seed);
    free(launches);
    return out;
}

interval_t stats_paired_ratio(const double *a, const double *b, size_t count, uint64_t seed) {
    double *logs = text_alloc((count + 1) * sizeof *logs);
    for (size_t i = 0; i < count; i++) {
        logs[i] = log(a[i] / b[i]);
    }
    interval_t out = of_logs(single_values(logs, count, seed));
    free(logs);
    return out;
}

interval_t stats_paired_difference(const double *a, const double *b, size_t count, uint64_t seed) {
    double *differences = text_alloc((count + 1) * sizeof *differences);
    for (size_t i = 0; i < count; i++) {
        differences[i] = a[i] - b[i];
    }
    interval_t out = single_values(differences, count, seed);
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

static double freedom_of(const sum_t *sum) {
    return sum->squares > 0 ? sum->squares * sum->squares / sum->denominator
           : isnan(sum->squares) ? 0
                                 : 1;
}

interval_t stats_unpaired_ratio(const double *a, size_t a_count, const double *b, size_t b_count,
                                uint64_t seed) {
    if (a_count == 0 || b_count == 0) {
        return INTERVAL_NONE;
    }
    sum_t sum = {0};
    double *logs = text_alloc((a_count + b_count) * sizeof *logs);
    for (size_t i = 0; i < a_count + b_count; i++) {
        logs[i] = log(i < a_count ? a[i] : b[i - a_count]);
    }
    interval_t over = single_values(logs, a_count, seed);
    interval_t under = single_values(logs + a_count, b_count, seed);
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

verdict_t stats_verdict(interval_t ratio, double corrected_p, double margin) {
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
