/*
 * test_requests.c - tails of requests from made-up samples: medians, intervals, ratios, verdicts.
 */
#include "mock.h"
#include "requests.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <unistd.h>

/* The tails of the comparison of mock_plan's workloads, with so many repetitions. */
static request_tails_t tails_of(mock_t mock, unsigned reps) {
    static options_t options;
    static catalogue_t workloads;
    static allocator_list_t allocators;
    static plan_t plan;
    static samples_t samples;
    static analysis_t analysis;
    static run_info_t info;
    progress_t progress;
    char *path = text_copy("/tmp/hakmem-lab-test-XXXXXX");
    close(mkstemp(path));
    mock_plan(&options, &workloads, &allocators, &plan);
    plan.reps[PHASE_COMPARE] = reps;
    samples = (samples_t){0};
    progress_start(&progress, true);
    progress.total = 1000;
    execution_t execution = {.plan = &plan,
                             .samples = &samples,
                             .file = samples_open(path),
                             .executor = {mock_sample, &mock},
                             .progress = &progress};
    for (unsigned rep = 0; rep < reps; rep++) {
        assert_true(execute_repetition(&execution, PHASE_COMPARE, rep));
    }
    close(execution.file);
    unlink(path);
    info = (run_info_t){.run_id = text_copy("test"),
                        .workloads = json_pack("[{s:s}, {s:s}]", "name", "heavy", "name", "light"),
                        .allocators = json_pack("[{s:s}, {s:s}]", "key", "hakmem", "key", "other"),
                        .seed = 3,
                        .margin = 0.02};
    analysis_make(&info, &samples, &analysis);
    request_tails_t out;
    requests_make(&analysis, &out);
    return out;
}

static double slower_other(const cell_t *cell, unsigned rep) {
    return (cell->allocator->is_hakmem ? 1000 : 1500) * (1 + 0.01 * rep);
}

/* The twin and the other swing by a tenth around hakmem. */
static double within_noise(const cell_t *cell, unsigned rep) {
    double swing = rep % 2 ? 1.1 : 0.9;
    return cell->again ? 1000 * swing : cell->allocator->is_hakmem ? 1000 : 1030 * swing;
}

static void medians_and_ratios_are_taken(void **state) {
    (void)state;
    request_tails_t all = tails_of((mock_t){.request_ns = slower_other}, 7);
    assert_int_equal(all.count, 4); /* two workloads, two allocators; no row of the twin */
    const request_tail_t *reference = &all.items[0], *other = &all.items[1];
    assert_string_equal(reference->allocator, "hakmem");
    assert_string_equal(other->allocator, "other");
    assert_true(fabs(other->ns[REQUEST_P50].mid - 1500 * 1.03) < 1);
    assert_true(fabs(other->ns[REQUEST_P99].mid - 6000 * 1.03) < 4);
    assert_true(other->ns[REQUEST_P50].lo < 1545 && other->ns[REQUEST_P50].hi > 1545);
    assert_int_equal(other->ns[REQUEST_P50].pairs, 7);
    assert_true(fabs(other->ratio[REQUEST_P99].mid - 1.5) < 1e-9);
    assert_int_equal(other->verdict[REQUEST_P99], VERDICT_HIGHER);
    assert_string_equal(request_word(other->verdict[REQUEST_P99]), "slower");
    assert_int_equal(reference->verdict[REQUEST_P99], VERDICT_EQUIVALENT);
}

static void what_is_not_told_has_no_figure(void **state) {
    (void)state;
    request_tails_t all = tails_of((mock_t){.request_ns = slower_other}, 7);
    const request_tail_t *other = &all.items[1];
    assert_true(isnan(other->ns[REQUEST_P90].mid) && isnan(other->ns[REQUEST_P999].mid));
    assert_int_equal(other->ratio[REQUEST_P90].pairs, 0);
    /* a maximum is shown and not compared */
    assert_true(fabs(other->ns[REQUEST_MAX].mid - 150000 * 1.03) < 100);
    assert_int_equal(other->ratio[REQUEST_MAX].pairs, 0);
    assert_true(isnan(other->floor[REQUEST_MAX]));
    assert_int_equal(tails_of((mock_t){0}, 3).count, 0);
}

static void an_effect_within_the_noise_is_none(void **state) {
    (void)state;
    request_tails_t all = tails_of((mock_t){.request_ns = within_noise}, 9);
    const request_tail_t *other = &all.items[1];
    assert_true(fabs(other->ratio[REQUEST_P99].mid - 1.03) < 0.11);
    assert_true(other->floor[REQUEST_P99] > 0.03);
    assert_false(stats_differs(other->verdict[REQUEST_P99]));
}

static void two_samples_have_no_interval(void **state) {
    (void)state;
    request_tails_t all = tails_of((mock_t){.request_ns = slower_other}, 2);
    assert_false(isnan(all.items[1].ns[REQUEST_P50].mid));
    assert_true(isnan(all.items[1].ns[REQUEST_P50].lo) && isnan(all.items[1].ns[REQUEST_P50].hi));
    assert_int_equal(all.items[1].verdict[REQUEST_P50], VERDICT_UNDECIDED);
}

static void failed_samples_tell_nothing(void **state) {
    (void)state;
    mock_t mock = {.request_ns = slower_other, .failing = "compare/heavy/other"};
    request_tails_t all = tails_of(mock, 5);
    assert_int_equal(all.items[1].ns[REQUEST_P50].pairs, 0);
    assert_true(isnan(all.items[1].ns[REQUEST_P50].mid));
    assert_int_equal(all.items[3].ns[REQUEST_P50].pairs, 5); /* on the other workload */
}

static void times_have_their_unit(void **state) {
    (void)state;
    assert_string_equal(request_time(NAN), "-");
    assert_string_equal(request_time(412), "412 ns");
    assert_string_equal(request_time(999.6), "1.00 us");
    assert_string_equal(request_time(41455000), "41.5 ms");
    assert_string_equal(request_time(1.5e9), "1.50 s");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(medians_and_ratios_are_taken),
        cmocka_unit_test(what_is_not_told_has_no_figure),
        cmocka_unit_test(an_effect_within_the_noise_is_none),
        cmocka_unit_test(two_samples_have_no_interval),
        cmocka_unit_test(failed_samples_tell_nothing),
        cmocka_unit_test(times_have_their_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
