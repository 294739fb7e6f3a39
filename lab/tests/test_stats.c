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
    }
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
        cmocka_unit_test(unpaired_ratio_finds_a_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
