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
#include <string.h>
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

static void slowdown_of_two_percent_is_found(void **state) {
    (void)state;
    for (unsigned seed = 1; seed <= 20; seed++) {
        double a[PAIRS], b[PAIRS];
        make_pairs(seed, 0.98, a, b);
        interval_t r = stats_paired_ratio(a, b, PAIRS);
        assert_true(fabs(r.mid - 0.98) < 0.006);
        assert_true(r.lo <= r.mid && r.mid <= r.hi);
        assert_int_equal(stats_verdict(r, 100 * r.p, 0.01), VERDICT_LOWER); /* one of a hundred */
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
            p[i] = stats_paired_difference(logs, (double[PAIRS]){0}, PAIRS).p;
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
    stats_holm(p, 0);
}

/* Student's own table: t = 2.571 with five degrees of freedom is 5 %, and so is the interval. */
static void interval_and_p_are_of_one_test(void **state) {
    (void)state;
    interval_t r = stats_interval_of(2.571 * 0.01, 0.01, 5, 6);
    assert_true(fabs(r.p - 0.05) < 0.0001);
    assert_true(fabs(r.lo - 1) < 1e-5 && fabs(log(r.hi) - 2 * 2.571 * 0.01) < 1e-5);
    for (unsigned seed = 1; seed <= 50; seed++) {
        double a[PAIRS], b[PAIRS];
        make_pairs(seed, 1, a, b);
        r = stats_paired_ratio(a, b, PAIRS);
        assert_true((r.p < STATS_SIGNIFICANT) == (r.lo > 1 || r.hi < 1));
    }
    assert_true(stats_paired_difference((double[]){1}, (double[]){0}, 1).p == 1);
    assert_true(stats_paired_ratio((double[]){2, 2}, (double[]){1, 1}, 2).p == 0);
    assert_true(stats_paired_ratio((double[]){1, 1}, (double[]){1, 1}, 2).p == 1);
}

/* Launches of normal values, of which a share is `wild`, up or down; the process of either side may
 * be what is slow. How often does the interval hold 1, and how wide is half of it? */
typedef struct scatter {
    double usual, wild, share;
} scatter_t;

static double coverage(size_t launches, scatter_t scatter, double *half) {
    enum { RUNS = 400, LAUNCHES_MOST = 20 };
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    size_t covered = 0;
    double halves[RUNS];
    for (unsigned run = 0; run < RUNS; run++) {
        launch_value_t list[LAUNCHES_MOST];
        for (size_t i = 0; i < launches; i++) {
            bool up = gsl_rng_uniform(rng) < scatter.share,
                 down = gsl_rng_uniform(rng) < scatter.share;
            list[i] = (launch_value_t){
                gsl_ran_gaussian(rng, scatter.usual) + scatter.wild * (up - down), NAN};
        }
        interval_t r = stats_ratio(list, launches);
        covered += r.lo <= 1 && r.hi >= 1;
        halves[run] = log(r.hi / r.lo) / 2;
    }
    *half = stats_median(halves, RUNS);
    gsl_rng_free(rng);
    return (double)covered / RUNS;
}

/* Of 400 intervals of 95 % 380 +- 4.4 hold the truth; three of these errors to each side. */
static void intervals_cover_what_they_say(void **state) {
    (void)state;
    static const size_t launches[] = {2, 3, 4, 5, 8, 12, 20};
    for (size_t i = 0; i < sizeof launches / sizeof *launches; i++) {
        double half, held = coverage(launches[i], (scatter_t){0.01, 0, 0}, &half);
        print_message("%zu launches: %.3f\n", launches[i], held);
        assert_true(held > 0.915 && held < 0.985);
    }
}

/* One process in ten is a third slower all its life. By the standard deviation of twenty such
 * launches half an interval would be 7 %, without the slow ones it is 1 %. */
static void wild_launches_cost_little(void **state) {
    (void)state;
    double half, held = coverage(20, (scatter_t){0.02, 0.33, 0.1}, &half);
    print_message("held %.3f, half %.4f\n", held, half);
    assert_true(held > 0.93);
    assert_true(half < 0.02);
}

/* Nothing lies between them, and neither is the truth. */
static void launches_of_two_kinds_are_apart(void **state) {
    (void)state;
    launch_value_t list[20];
    for (size_t launches = 4; launches <= 20; launches += 2) {
        for (size_t i = 0; i < launches; i++) {
            list[i] = (launch_value_t){i % 2 ? 0.1 : -0.1, NAN};
        }
        interval_t r = stats_ratio(list, launches);
        assert_true(fabs(log(r.mid)) < 1e-9 && r.hi > 1.05);
    }
}

/* However sure each launch is of its own value. */
static void blocks_are_no_launches(void **state) {
    (void)state;
    launch_value_t list[3] = {{0, 1e-6}, {0.02, 1e-6}, {0.04, 2e-6}};
    interval_t r = stats_ratio(list, 3);
    assert_int_equal(r.pairs, 3);
    assert_true(fabs(log(r.mid) - 0.02) < 1e-9 && r.lo < 1);
    assert_true(fabs(r.within - sqrt(6e-12) / 3) < 1e-12);
    list[2].value = NAN;
    assert_int_equal(stats_ratio(list, 3).pairs, 2);
    assert_true(fabs(stats_ratio(list, 3).within - sqrt(2e-12) / 2) < 1e-12);
    assert_true(isnan(stats_ratio(list, 1).lo)); /* and one has no interval */
    assert_true(isnan(stats_ratio(list, 0).mid));
    list[1].within = NAN;
    assert_true(isnan(stats_ratio(list, 3).within));
}

/* One wild launch of nine hardly moves the centre. */
static void the_centre_is_robust(void **state) {
    (void)state;
    double values[9] = {1, 1.01, 0.99, 1, 1.02, 0.98, 1, 1.01, 50};
    assert_true(fabs(stats_centre(values, 9) - 1) < 0.02);
    assert_true(isnan(stats_centre(values, 0)));
}

static void there_are_four_verdicts(void **state) {
    (void)state;
    interval_t r = {.mid = 1.001, .lo = 0.985, .hi = 1.018, .pairs = 5, .p = 0.8, .freedom = 4};
    assert_int_equal(stats_verdict(r, r.p, 0.02), VERDICT_EQUIVALENT);
    assert_int_equal(stats_verdict(r, r.p, 0.01), VERDICT_UNDECIDED);
    r = (interval_t){.mid = 0.018, .lo = 0.012, .hi = 0.020, .pairs = 3, .p = 0.002, .freedom = 2};
    assert_int_equal(stats_verdict(r, 0.04, 0.02), VERDICT_LOWER);
    assert_int_equal(stats_verdict(r, 0.05, 0.02), VERDICT_UNDECIDED);
    r = (interval_t){.mid = 1.1, .lo = 1.09, .hi = 1.11, .pairs = 5, .p = 0, .freedom = 4};
    assert_int_equal(stats_verdict(r, 0, 0.02), VERDICT_HIGHER);
    assert_int_equal(stats_verdict(r, 0, 0.15), VERDICT_EQUIVALENT); /* sure, and of no interest */
    r.pairs = 2; /* of which others tell how launches scatter */
    assert_int_equal(stats_verdict(r, 0, 0.02), VERDICT_HIGHER);
    r.freedom = 1;
    assert_int_equal(stats_verdict(r, 0, 0.02), VERDICT_UNDECIDED);
    r.pairs = 1;
    r.freedom = 5;
    assert_int_equal(stats_verdict(r, 0, 0.02), VERDICT_UNDECIDED);
    assert_int_equal(stats_verdict(INTERVAL_NONE, 1, 0.02), VERDICT_UNDECIDED);
}

static void geometric_mean_has_an_interval(void **state) {
    (void)state;
    interval_t list[2] = {stats_interval_of(log(0.5), 0.01, 4, 5),
                          stats_interval_of(log(8), 0.02, 4, 6)};
    interval_t r = stats_geometric_interval(list, 2);
    assert_true(fabs(r.mid - 2) < 1e-9);
    assert_int_equal(r.pairs, 5);
    assert_true(fabs(r.error - sqrt(5e-4) / 2) < 1e-9);
    assert_true(fabs(r.freedom - 25.0 / (1 + 16) * 4) < 1e-9); /* Welch and Satterthwaite */
    list[1] = INTERVAL_NONE;
    assert_true(isnan(stats_geometric_interval(list, 2).mid));
    assert_true(isnan(stats_geometric_interval(list, 0).mid));
}

static void equal_settings_do_not_differ(void **state) {
    (void)state;
    size_t alarms = 0;
    for (unsigned seed = 1; seed <= 100; seed++) {
        double a[PAIRS], b[PAIRS];
        make_pairs(seed, 1, a, b);
        interval_t r = stats_paired_ratio(a, b, PAIRS);
        alarms += stats_differs(stats_verdict(r, r.p, 0.001)); /* a margin that nothing is within */
        assert_int_equal(stats_verdict(r, r.p, 0.02), VERDICT_EQUIVALENT);
    }
    assert_true(alarms <= 12); /* of 100 at 5 % */
}

static void noise_floor_is_symmetric(void **state) {
    (void)state;
    const double up[] = {0.01, 0.02, 0.03}, down[] = {-0.01, -0.02, -0.03};
    double one = stats_noise_floor(up, 3, 3, 1), two = stats_noise_floor(down, 3, 3, 1);
    assert_true(one > 0.005 && one < 0.032);
    assert_true(fabs(one - two) < 0.011);
    assert_true(isnan(stats_noise_floor(up, 0, 3, 1)));
}

static void quantiles(void **state) {
    (void)state;
    const double values[] = {5, 1, 3, 2, 4};
    assert_true(stats_median(values, 5) == 3);
    assert_true(stats_quantile(values, 5, 0) == 1);
    assert_true(stats_quantile(values, 5, 1) == 5);
    assert_true(isnan(stats_median(values, 0)));
}

static void unpaired_ratio_finds_a_difference(void **state) {
    (void)state;
    double a[PAIRS], b[PAIRS], c[PAIRS], d[PAIRS];
    make_pairs(1, 1, a, b);
    make_pairs(2, 0.5, c, d);
    interval_t r = stats_unpaired_ratio(c, PAIRS, b, PAIRS);
    assert_true(r.hi < 0.7 && r.lo > 0.3);
}

static void changes_are_told_as_far_as_they_are_known(void **state) {
    (void)state;
    launch_value_t list[] = {{log(1.1), 0.001}, {log(1.1), 0.001},  {log(1.1), 0.001},
                             {log(1.1), 0.001}, {log(1.11), 0.001}, {log(1.09), 0.001}};
    assert_string_equal(stats_change_text(INTERVAL_NONE), "unknown");
    assert_string_equal(stats_change_text(stats_ratio(list, 1)), "+10.0 % (too few launches)");
    char *text = stats_change_text(stats_ratio(list, 6));
    assert_true(strncmp(text, "+10.0 % [+", 10) == 0 && !strstr(text, "nan"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_are_told_as_far_as_they_are_known),
        cmocka_unit_test(slowdown_of_two_percent_is_found),
        cmocka_unit_test(equal_settings_do_not_differ),
        cmocka_unit_test(interval_and_p_are_of_one_test),
        cmocka_unit_test(intervals_cover_what_they_say),
        cmocka_unit_test(blocks_are_no_launches),
        cmocka_unit_test(the_centre_is_robust),
        cmocka_unit_test(there_are_four_verdicts),
        cmocka_unit_test(wild_launches_cost_little),
        cmocka_unit_test(launches_of_two_kinds_are_apart),
        cmocka_unit_test(noise_floor_is_symmetric),
        cmocka_unit_test(quantiles),
        cmocka_unit_test(a_run_without_differences_finds_none),
        cmocka_unit_test(holm_steps_down),
        cmocka_unit_test(geometric_mean_has_an_interval),
        cmocka_unit_test(unpaired_ratio_finds_a_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
