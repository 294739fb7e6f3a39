/*
 * test_moderate.c - errors of few launches, moderated by all rows: simulated runs whose truth is
 * known.
 */
#include "moderate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

enum { ROWS = 40, RUNS = 40, LAUNCHES_MOST = 16 };

/* A simulated run: rows whose turns vary by 0.3 to 6 %, and whose launches scatter by a multiple of
 * that, which is `uneven` times as much or as little in one row as in another. */
typedef struct shape {
    size_t launches;
    double multiple, uneven;
    bool turns; /* are errors within the launches known? */
} shape_t;

static interval_t row_of(gsl_rng *rng, shape_t shape, double truth) {
    launch_value_t list[LAUNCHES_MOST];
    double within = shape.turns ? 0.003 * exp(3 * gsl_rng_uniform(rng)) : 0.01;
    double scatter = shape.multiple * within * exp(log(shape.uneven) * gsl_rng_uniform(rng));
    for (size_t i = 0; i < shape.launches; i++) {
        list[i] = (launch_value_t){log(truth) + gsl_ran_gaussian(rng, scatter),
                                   shape.turns ? within : NAN};
    }
    return stats_ratio(list, shape.launches);
}

/* The share of intervals that hold the truth, and the mean of their freedom. */
static double coverage(shape_t shape, double *freedom) {
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    size_t covered = 0;
    *freedom = 0;
    for (size_t run = 0; run < RUNS; run++) {
        interval_t rows[ROWS];
        for (size_t i = 0; i < ROWS; i++) {
            rows[i] = row_of(rng, shape, i < ROWS / 2 ? 1 : 0.5);
        }
        prior_t prior = moderate_prior(rows, ROWS);
        for (size_t i = 0; i < ROWS; i++) {
            interval_t r = moderate(rows[i], prior);
            double truth = i < ROWS / 2 ? 1 : 0.5;
            covered += r.lo <= truth && r.hi >= truth;
            *freedom += r.freedom / (RUNS * ROWS);
        }
    }
    gsl_rng_free(rng);
    return (double)covered / (RUNS * ROWS);
}

/* Of 1600 intervals of 95 % the truth is in 1520 +- 9, if they were independent. */
static void intervals_cover_what_they_say(void **state) {
    (void)state;
    static const shape_t shapes[] = {{2, 1, 1, true},  {3, 1, 1, true},   {4, 2, 1, true},
                                     {6, 1, 1, true},  {2, 1, 4, true},   {4, 1, 4, true},
                                     {4, 1, 20, true}, {4, 0.5, 1, true}, {3, 1, 4, false}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        double freedom, held = coverage(shapes[i], &freedom);
        print_message("%zu launches, uneven by %g: %.3f held, freedom %.1f\n", shapes[i].launches,
                      shapes[i].uneven, held, freedom);
        assert_true(held > 0.925 && held < 0.99);
    }
}

/* Four launches that scatter by 2 % each: 10 % is beyond doubt among forty, 1 % is not. */
static void what_is_clear_is_seen_early(void **state) {
    (void)state;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    interval_t rows[ROWS];
    size_t plain = 0, seen = 0, false_alarms = 0;
    for (size_t i = 0; i < ROWS; i++) {
        launch_value_t list[4];
        for (size_t j = 0; j < 4; j++) {
            double truth = i < ROWS / 2 ? log(0.9) : 0;
            list[j] = (launch_value_t){truth + gsl_ran_gaussian(rng, 0.02), 0.02};
        }
        rows[i] = stats_ratio(list, 4);
    }
    prior_t prior = moderate_prior(rows, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        interval_t r = moderate(rows[i], prior);
        bool is_seen = r.p * ROWS < STATS_SIGNIFICANT;
        plain += i < ROWS / 2 && rows[i].p * ROWS < STATS_SIGNIFICANT;
        seen += i < ROWS / 2 && is_seen;
        false_alarms += i >= ROWS / 2 && is_seen;
        assert_true(r.mid == rows[i].mid && r.pairs == 4); /* the estimate is its own */
    }
    print_message("seen %zu of 20, %zu without a prior\n", seen, plain);
    assert_int_equal(seen, 20);
    assert_true(plain < 10);
    assert_int_equal(false_alarms, 0);
    gsl_rng_free(rng);
}

/* Of memory most rows agree to the byte, and some scatter: these are no reason to doubt those, nor
 * those to believe these. */
static void some_scatter_and_most_do_not(void **state) {
    (void)state;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    size_t alarms = 0;
    for (size_t run = 0; run < RUNS; run++) {
        interval_t rows[ROWS];
        for (size_t i = 0; i < ROWS; i++) {
            launch_value_t list[2] = {{0.06, NAN}, {0.06, NAN}};
            if (i % 4 == 0) {
                list[0].value = gsl_ran_gaussian(rng, 0.05);
                list[1].value = gsl_ran_gaussian(rng, 0.05);
            }
            rows[i] = stats_ratio(list, 2);
        }
        prior_t prior = moderate_prior(rows, ROWS);
        for (size_t i = 0; i < ROWS; i++) {
            interval_t r = moderate(rows[i], prior);
            bool sure = stats_differs(stats_verdict(r, ROWS * r.p, 0.02));
            alarms += i % 4 == 0 && sure;
            assert_true(i % 4 == 0 || sure);
        }
    }
    print_message("%zu false alarms in %d rows that scatter\n", alarms, RUNS * ROWS / 4);
    assert_true(alarms < RUNS * ROWS / 4 / 20);
    gsl_rng_free(rng);
}

/* Two launches that agree by chance are not beyond doubt. */
static void agreement_by_chance_is_seen_through(void **state) {
    (void)state;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    interval_t rows[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        rows[i] = row_of(rng, (shape_t){2, 1, 1, false}, 1);
    }
    launch_value_t list[2] = {{0.01, NAN}, {0.01, NAN}};
    rows[0] = stats_ratio(list, 2);
    assert_true(rows[0].p < 1e-9);
    interval_t r = moderate(rows[0], moderate_prior(rows, ROWS));
    assert_true(r.p > 0.01 && r.lo < 1 && r.hi > 1.01);
    gsl_rng_free(rng);
}

/* A row that is too slow for more than one turn a launch is judged as the median one, beside rows
 * whose turns vary by a few per cent: not as if a launch of it varied by the factor of e. */
static void a_row_of_single_turns_is_judged_like_the_others(void **state) {
    (void)state;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    interval_t rows[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        double within = 0.02 + 0.001 * (double)i;
        launch_value_t list[3];
        for (size_t j = 0; j < 3; j++) {
            list[j] = (launch_value_t){gsl_ran_gaussian(rng, within), within};
        }
        rows[i] = stats_ratio(list, 3);
    }
    launch_value_t alone[3] = {{-3.02, NAN}, {-2.98, NAN}, {-3.0, NAN}};
    rows[0] = stats_ratio(alone, 3);
    interval_t r = moderate(rows[0], moderate_prior(rows, ROWS));
    assert_true(log(r.hi / r.lo) / 2 < 0.1);
    assert_true(log(r.hi / r.lo) / 2 > 0.01);
    assert_true(ROWS * r.p < 0.001);
    gsl_rng_free(rng);
}

static void without_rows_there_is_no_prior(void **state) {
    (void)state;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    interval_t rows[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        rows[i] =
            i < MODERATE_LEAST_ROWS - 1 ? row_of(rng, (shape_t){4, 1, 1, true}, 1) : INTERVAL_NONE;
    }
    prior_t prior = moderate_prior(rows, ROWS);
    assert_true(prior.freedom == 0);
    interval_t r = moderate(rows[0], prior);
    assert_true(r.lo == rows[0].lo && r.hi == rows[0].hi && r.p == rows[0].p);
    rows[MODERATE_LEAST_ROWS - 1] = rows[0];
    prior = moderate_prior(rows, ROWS);
    assert_true(prior.freedom > 0);
    r = moderate(INTERVAL_NONE, prior); /* nothing stays nothing */
    assert_true(isnan(r.mid) && r.pairs == 0 && r.p == 1);
    gsl_rng_free(rng);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_cover_what_they_say),
        cmocka_unit_test(what_is_clear_is_seen_early),
        cmocka_unit_test(some_scatter_and_most_do_not),
        cmocka_unit_test(agreement_by_chance_is_seen_through),
        cmocka_unit_test(a_row_of_single_turns_is_judged_like_the_others),
        cmocka_unit_test(without_rows_there_is_no_prior),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
