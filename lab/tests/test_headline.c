/*
 * test_headline.c - the first sentence says who is best, by how much, against whom, and no more
 * than the intervals carry.
 */
#include "headline.h"
#include "mock.h"
#include "text.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <unistd.h>

/* Of "other", in the samples of the comparison: a mean, and what it swings by from pair to pair. */
static double speed_mean, speed_swing, peak_mean;

static double speed(const cell_t *cell, unsigned rep) {
    return 1e6 * (cell->allocator->is_hakmem ? 1 : speed_mean + (rep % 2 ? -1 : 1) * speed_swing);
}
static double peak(const cell_t *cell, unsigned rep) {
    (void)rep;
    return 1.2e6 * (cell->allocator->is_hakmem ? 1 : peak_mean);
}

static char *sentence(phase_t phase, const recommendations_t *recommendations,
                      json_t *hakmem_options) {
    static options_t options;
    static catalogue_t workloads;
    static allocator_list_t allocators;
    static plan_t plan;
    static mock_t mock;
    samples_t samples = {0};
    mock = (mock_t){.speed = speed, .peak = peak};
    mock_plan(&options, &workloads, &allocators, &plan);
    plan.reps[phase] = 12;
    assert_true(mock_measure(&plan, &mock, &samples, 1u << phase, 12));
    run_info_t info = {.run_id = "test",
                       .manifest = json_pack("{s:o}", "hakmem_options", hakmem_options),
                       .workloads = json_pack("[{s:s}, {s:s}]", "name", "heavy", "name", "light"),
                       .allocators = json_pack("[{s:s, s:s}, {s:s, s:s}]", "key", "hakmem", "name",
                                               "hakmem", "key", "other", "name", "Other"),
                       .seed = 1,
                       .margin = 0.02};
    analysis_t analysis;
    analysis_make(&info, &samples, &analysis);
    return headline(&analysis, recommendations);
}

static char *compared(double mean, double swing, double bytes) {
    speed_mean = mean;
    speed_swing = swing;
    peak_mean = bytes;
    return sentence(PHASE_COMPARE, &(recommendations_t){0}, json_object());
}

#define assert_has(text, words)                                                                    \
    if (!strstr(text, words)) {                                                                    \
        fail_msg("'%s' is not in: %s", words, text);                                               \
    }

static void the_best_is_named_with_what_it_gains(void **state) {
    (void)state;
    char *text = compared(0.5, 0, 1.25);
    assert_true(text_starts(text, "Take hakmem at its defaults (W_MAX "));
    assert_has(text, "over 2 workloads against the best other, Other, faster (+100.0 % [");
    assert_has(text, "and smaller at its peak (-20.0 % [-20.0, -20.0]); 95 % intervals");
    text = compared(2, 0, 0.8);
    assert_true(text_starts(text, "Take Other: over 2 workloads against hakmem at its defaults"));
    assert_has(text, "faster (+100.0 % [");
    assert_has(text, "smaller at its peak (-20.0 % [");
    assert_has(text, "from 12 pairs or more.");
}

static void a_gain_that_costs_is_said_to_cost(void **state) {
    (void)state;
    char *text = compared(0.5, 0, 0.8);
    assert_true(text_starts(text, "Take hakmem at its defaults"));
    assert_has(text, "if speed is worth memory to you");
    assert_has(text, "larger at its peak (+25.0 % [");
    text = compared(0.8, 0, 0.5);
    assert_true(text_starts(text, "Take Other if memory is worth speed to you"));
    assert_has(text, "slower (-20.0 % [");
}

static void what_is_not_decided_is_not_claimed(void **state) {
    (void)state;
    char *text = compared(1.05, 0.4, 1);
    assert_true(text_starts(text, "Nothing is decided yet"));
    assert_has(text, "undecided in speed (");
    assert_has(text, "equivalent in peak memory within 2 % (+0.0 % [");
    /* a difference, though shown beyond doubt, that lies within the margin */
    text = compared(1.01, 0, 1);
    assert_true(text_starts(text, "It makes no difference whether you take Other"));
    assert_has(text, "equivalent in speed within 2 % (+1.0 % [");
}

static recommendation_t wide(decision_t decision) {
    return (recommendation_t){.decision = decision,
                              .mid = 20000,
                              .large = 11000,
                              .throughput = {1.10, 1.08, 1.12, 7, 0.001, 0.01, 6, NAN},
                              .peak = {1.00, 0.99, 1.01, 7, 1, 0.005, 6, NAN}};
}

static void settings_are_named_as_one_sets_them(void **state) {
    (void)state;
    recommendation_t items[] = {wide(DECISION_CHANGE)};
    recommendations_t all = {items, 1};
    char *text = sentence(PHASE_GRID, &all, json_object());
    assert_true(
        text_starts(text, "Take hakmem with HAKMEM_WMAX_MID=2.00 HAKMEM_WMAX_LARGE=1.10: over "));
    assert_has(text, "faster (+10.0 % [+8.0, +12.0]) and equivalent in peak memory within 2 %");
    assert_has(text, "from 7 pairs or more.");
    speed_mean = 0.5;
    text = sentence(PHASE_COMPARE, &all, json_object());
    assert_true(text_starts(text, "Take hakmem with HAKMEM_WMAX_MID=2.00"));
    assert_has(text, "over its defaults that is faster (+10.0 %");
    assert_has(text, "against the best other, Other, faster (");
    items[0] = wide(DECISION_SAME);
    text = sentence(PHASE_COMPARE, &all, json_pack("{s:s}", "HAKMEM_HARDEN", "1"));
    assert_has(text, "hakmem with HAKMEM_HARDEN=1");
    text = sentence(PHASE_GRID, &all, json_object());
    assert_true(text_starts(text, "hakmem: keep "));
    text = sentence(PHASE_GRID, &(recommendations_t){0}, json_object());
    assert_has(text, "Nothing is compared");
}

/* A workload of memory only has no speed, and is in no average. */
static void memory_alone_has_a_sentence_too(void **state) {
    (void)state;
    sample_t none = {0};
    samples_t samples = {.items = &none};
    cell_stats_t cells[] = {
        {.workload = "a", .allocator = "hakmem", .peak_bytes = 20 << 20},
        {.workload = "a", .allocator = "hakmem-again", .peak_bytes = 1 << 20},
        {.workload = "a", .allocator = "x", .peak_bytes = 10 << 20},
        {.workload = "a", .allocator = "y", .peak_bytes = 40 << 20},
        {.workload = "b", .allocator = "hakmem", .peak_bytes = 5 << 20},
        {.workload = "b", .allocator = "x", .peak_bytes = NAN},
        {.workload = "b", .allocator = "y", .peak_bytes = 10 << 20},
        {.workload = "c", .allocator = "hakmem", .peak_bytes = 1000},
        {.workload = "c", .allocator = "x", .peak_bytes = 0},
    };
    run_info_t info = {.manifest = json_pack("{s:{}}", "hakmem_options"),
                       .workloads = json_array(),
                       .allocators = json_array(),
                       .margin = 0.02};
    analysis_t analysis = {&info, &samples, cells, sizeof cells / sizeof *cells, 0};
    for (size_t i = 0; i < analysis.count; i++) {
        cells[i].phase = PHASE_COMPARE;
        for (measure_t m = 0; m < MEASURES; m++) {
            cells[i].ratio[m] = INTERVAL_NONE;
        }
    }
    char *text = headline(&analysis, &(recommendations_t){0});
    assert_has(text, "takes 1.00 times as much as the leanest other, on the mean over 3 workloads, "
                     "and more than that one by more than 2 % on 1.");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_is_named_with_what_it_gains),
        cmocka_unit_test(a_gain_that_costs_is_said_to_cost),
        cmocka_unit_test(what_is_not_decided_is_not_claimed),
        cmocka_unit_test(settings_are_named_as_one_sets_them),
        cmocka_unit_test(memory_alone_has_a_sentence_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
