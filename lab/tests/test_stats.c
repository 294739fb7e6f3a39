/*
 * test_stats.c - intervals and verdicts on cases whose truth is known.
 */
#include "stats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdbool.h>

enum { PAIRS = 15 };

/* Throughput of both sides: a drift that both share, and noise of 0.5 % each. */
static void make_pairs(unsigned seed, double factor, double *a, double *b) {
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(rng, seed);
    for (size_t i = 0; i < PAIRS; i++) {
        double drift = 1e6 * (1 + 0.2 * sin((double)i));
        a[i] = drift * factor * (1 + gsl_ran_gaussian(rng, 0.005));
        b[i] = drift * (1 + gsl_ran_gaussian(rng, 0.005));
    }
    gsl_rng_free(rng);
}

static double floor_from_aa(unsigned seed) {
    double a[PAIRS], b[PAIRS], logs[PAIRS];
    make_pairs(seed, 1, a, b);
    for (size_t i = 0; i < PAIRS; i++) {
        logs[i] = log(a[i] / b[i]);
    }
    return stats_noise_floor(logs, PAIRS, PAIRS, 0.005, 1);
}

static void slowdown_of_two_percent_is_found(void **state) {
    (void)state;
    for (unsigned seed = 1; seed <= 20; seed++) {
        double a[PAIRS], b[PAIRS];
        make_pairs(seed, 0.98, a, b);
        interval_t r = stats_paired_ratio(a, b, PAIRS, seed);
        assert_true(fabs(r.mid - 0.98) < 0.006);
        assert_true(r.lo <= r.mid && r.mid <= r.hi);
        assert_int_equal(stats_verdict(r, floor_from_aa(seed + 100)), VERDICT_LOWER);
        assert_true(r.p < 0.05 / 100); /* also as one of a hundred comparisons */
    }
}

/* Of a hundred runs of fifty comparisons each, of which none is a difference, at most five in the
 * mean may see one: ten is beyond chance. Uncorrected, nearly all of them would. */
static void a_run_without_differences_finds_none(void **state) {
    (void)state;
    size_t alarms = 0, uncorrected = 0;
    for (unsigned run = 0; run < 100; run++) {
        double a[PAIRS], b[PAIRS], p[50];
        bool seen = false;
        for (unsigned i = 0; i < 50; i++) {
            make_pairs(1000 + run * 50 + i, 1, a, b);
            double logs[PAIRS];
            for (size_t j = 0; j < PAIRS; j++) {
                logs[j] = log(a[j] / b[j]);
            }
            p[i] = stats_paired_difference(logs, (double[PAIRS]){0}, PAIRS, 1).p;
            seen |= p[i] < STATS_SIGNIFICANT;
        }
        uncorrected += seen;
        stats_holm(p, 50);
        seen = false;
        for (unsigned i = 0; i < 50; i++) {
            seen |= p[i] < STATS_SIGNIFICANT;
        }
        alarms += seen;
    }
    assert_true(alarms <= 10);
    assert_true(uncorrected > 80);
}

static void holm_steps_down(void **state) {
    (void)state;
    double p[] = {0.01, 0.04, 0.03, 0.005};
    stats_holm(p, 4);
    assert_true(fabs(p[0] - 0.03) < 1e-12 && fabs(p[1] - 0.06) < 1e-12);
    assert_true(fabs(p[2] - 0.06) < 1e-12 && fabs(p[3] - 0.02) < 1e-12);
    assert_int_equal(stats_corrected(VERDICT_LOWER, 0.049), VERDICT_LOWER);
    assert_int_equal(stats_corrected(VERDICT_LOWER, 0.05), VERDICT_SAME);
    assert_int_equal(stats_corrected(VERDICT_TOO_FEW, 1), VERDICT_TOO_FEW);
    stats_holm(p, 0);
}

/* Student's own table: t = 2.571 with five degrees of freedom is 5 %. */
static void p_value_is_students(void **state) {
    (void)state;
    double a[6], b[6] = {0}, mean = 2.571 * sqrt(1.2) / sqrt(6);
    for (size_t i = 0; i < 6; i++) {
        a[i] = mean + (i % 2 ? 1 : -1);
    }
    assert_true(fabs(stats_paired_difference(a, b, 6, 1).p - 0.05) < 0.0005);
    assert_true(stats_paired_difference(a, b, 1, 1).p == 1);
    assert_true(stats_paired_ratio((double[]){2, 2}, (double[]){1, 1}, 2, 1).p == 0);
    assert_true(stats_paired_ratio((double[]){1, 1}, (double[]){1, 1}, 2, 1).p == 1);
}

static void geometric_mean_has_an_interval(void **state) {
    (void)state;
    const double ratios[] = {2, 2, 2, 0.5, 0.5, 0.5, 0.5, 8, 8};
    const size_t counts[] = {3, 4, 2};
    interval_t exact = stats_geometric_interval(ratios, counts, 3, 1);
    assert_true(fabs(exact.mid - 2) < 1e-12 && fabs(exact.lo - 2) < 1e-12);
    assert_int_equal(exact.pairs, 2);
    const double noisy[] = {0.9, 1, 1.1, 0.95, 1.05, 1.9, 2, 2.1, 1.95, 2.05};
    interval_t r = stats_geometric_interval(noisy, (size_t[]){5, 5}, 2, 1);
    assert_true(fabs(r.mid - sqrt(2)) < 1e-9 && r.lo < r.mid && r.mid < r.hi && r.lo > 1.3);
    assert_true(isnan(stats_geometric_interval(ratios, (size_t[]){3, 0}, 2, 1).mid));
    assert_true(isnan(stats_geometric_interval(ratios, counts, 0, 1).mid));
}

static void equal_settings_are_no_difference(void **state) {
    (void)state;
    for (unsigned seed = 1; seed <= 50; seed++) {
        double a[PAIRS], b[PAIRS];
        make_pairs(seed, 1, a, b);
        interval_t r = stats_paired_ratio(a, b, PAIRS, seed);
        assert_int_equal(stats_verdict(r, floor_from_aa(seed + 100)), VERDICT_SAME);
    }
}

static void two_pairs_say_nothing(void **state) {
    (void)state;
    const double a[] = {2, 2}, b[] = {1, 1};
    assert_int_equal(stats_verdict(stats_paired_ratio(a, b, 2, 1), 0.01), VERDICT_TOO_FEW);
    assert_int_equal(stats_verdict(stats_paired_ratio(a, b, 0, 1), 0.01), VERDICT_TOO_FEW);
}

static void same_seed_same_interval(void **state) {
    (void)state;
    double a[PAIRS], b[PAIRS];
    make_pairs(5, 1, a, b);
    interval_t x = stats_paired_ratio(a, b, PAIRS, 9), y = stats_paired_ratio(a, b, PAIRS, 9);
    assert_true(x.lo == y.lo && x.hi == y.hi && x.mid == y.mid);
}

static void noise_floor_is_symmetric(void **state) {
    (void)state;
    const double up[] = {0.01, 0.02, 0.03}, down[] = {-0.01, -0.02, -0.03};
    double one = stats_noise_floor(up, 3, 3, 0, 1), two = stats_noise_floor(down, 3, 3, 0, 1);
    assert_true(one > 0.005 && one < 0.032);
    assert_true(fabs(one - two) < 0.011);
    assert_true(stats_noise_floor(up, 0, 3, 0.005, 1) == 0.005);
}

static void quantiles(void **state) {
    (void)state;
    const double values[] = {5, 1, 3, 2, 4};
    assert_true(stats_median(values, 5) == 3);
    assert_true(stats_quantile(values, 5, 0) == 1);
    assert_true(stats_quantile(values, 5, 1) == 5);
    assert_true(isnan(stats_median(values, 0)));
    assert_true(stats_coverage_bound(3) == 0.75);
}

static void unpaired_ratio_finds_a_difference(void **state) {
    (void)state;
    double a[PAIRS], b[PAIRS], c[PAIRS], d[PAIRS];
    make_pairs(1, 1, a, b);
    make_pairs(2, 0.5, c, d);
    interval_t r = stats_unpaired_ratio(c, PAIRS, b, PAIRS, 3);
    assert_true(r.hi < 0.7 && r.lo > 0.3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slowdown_of_two_percent_is_found),
        cmocka_unit_test(equal_settings_are_no_difference),
        cmocka_unit_test(two_pairs_say_nothing),
        cmocka_unit_test(same_seed_same_interval),
        cmocka_unit_test(noise_floor_is_symmetric),
        cmocka_unit_test(quantiles),
        cmocka_unit_test(a_run_without_differences_finds_none),
        cmocka_unit_test(holm_steps_down),
        cmocka_unit_test(p_value_is_students),
        cmocka_unit_test(geometric_mean_has_an_interval),
        cmocka_unit_test(unpaired_ratio_finds_a_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
