/*
 * test_wanted.c - what undecided rows are said to want, against simulated launches: with so many
 * more, they are decided.
 */
#include "stopping.h"
#include "wanted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdlib.h>

enum { COMPARISONS = 40, FIRST = 12, ROWS = 60 };
static const double margin = 0.02, scatter = 0.05;

static interval_t measured(gsl_rng *rng, double truth, size_t launches) {
    launch_value_t *list = calloc(launches, sizeof *list);
    for (size_t i = 0; i < launches; i++) {
        list[i] = (launch_value_t){log(truth) + gsl_ran_gaussian(rng, scatter), NAN};
    }
    interval_t out = stats_ratio(list, launches);
    free(list);
    return out;
}

static bool is_decided(interval_t r) {
    double p = r.p * COMPARISONS;
    return stats_verdict(r, p < 1 ? p : 1, margin) != VERDICT_UNDECIDED;
}

/* Rows are measured anew with as many launches as they are said to want from what a dozen tell of
 * their scatter: that decides them as likely as not, and twice as many most of them. */
static void so_many_launches_decide(void **state) {
    (void)state;
    static const double truths[] = {0.97, 1.0, 1.035};
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    for (size_t t = 0; t < sizeof truths / sizeof *truths; t++) {
        size_t before = 0, after = 0, twice = 0;
        for (size_t row = 0; row < ROWS; row++) {
            interval_t r = measured(rng, truths[t], FIRST);
            before += is_decided(r);
            r.mid = truths[t];
            double more = stopping_launches(r, margin, COMPARISONS);
            assert_true(more >= 1 && more < WANTED_MOST);
            after += is_decided(measured(rng, truths[t], FIRST + (size_t)more));
            twice += is_decided(measured(rng, truths[t], FIRST + 2 * (size_t)more));
        }
        assert_true(before < ROWS / 4);
        assert_true(after > ROWS / 4 && after < ROWS * 3 / 4);
        assert_true(twice > ROWS / 2);
    }
    gsl_rng_free(rng);
}

static void none_will_do_at_the_margin(void **state) {
    (void)state;
    interval_t r = {.mid = 1 / (1 + margin), .error = 0.001, .pairs = 4};
    assert_true(stopping_launches(r, margin, COMPARISONS) < WANTED_MOST); /* it is slower */
    r.mid = 1;
    assert_true(stopping_launches(r, margin, COMPARISONS) < WANTED_MOST); /* it is equal */
    r.error = NAN;
    assert_true(stopping_launches(r, margin, COMPARISONS) == 1); /* nothing is known yet */
}

/* Seconds: reference, twin and both rows, while the one that wants more goes on. */
static void a_workload_s_launches_serve_all_its_rows(void **state) {
    (void)state;
    sample_t all[2] = {{.phase = PHASE_COMPARE, .workload = "w", .share_s = 0.2},
                       {.phase = PHASE_COMPARE, .workload = "w", .share_s = 0.4}};
    samples_t samples = {.items = all, .count = 2};
    cell_stats_t cells[4] = {{.workload = "w", .allocator = "hakmem", .phase = PHASE_COMPARE},
                             {.workload = "w", .allocator = "hakmem-again", .phase = PHASE_COMPARE},
                             {.workload = "w", .allocator = "a", .phase = PHASE_COMPARE},
                             {.workload = "w", .allocator = "b", .phase = PHASE_COMPARE}};
    run_info_t info = {.margin = margin};
    analysis_t analysis = {.info = &info, .samples = &samples, .cells = cells, .count = 4};
    for (size_t i = 1; i < 4; i++) {
        cells[i].verdict[MEASURE_THROUGHPUT] = VERDICT_UNDECIDED;
        cells[i].ratio[MEASURE_THROUGHPUT] = (interval_t){.mid = 1.1, .error = 0.05, .pairs = 10};
    }
    cells[3].ratio[MEASURE_THROUGHPUT].error = 0.1;
    double a = wanted_launches(&analysis, &cells[2]), b = wanted_launches(&analysis, &cells[3]);
    assert_true(b > 3 * a);
    double seconds = wanted_seconds(&analysis);
    assert_true(fabs(seconds - (a + 3 * b) * 0.3) < 1e-6 * seconds);
    cells[2].verdict[MEASURE_THROUGHPUT] = cells[3].verdict[MEASURE_THROUGHPUT] = VERDICT_HIGHER;
    assert_true(wanted_seconds(&analysis) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(so_many_launches_decide),
                                       cmocka_unit_test(none_will_do_at_the_margin),
                                       cmocka_unit_test(a_workload_s_launches_serve_all_its_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
