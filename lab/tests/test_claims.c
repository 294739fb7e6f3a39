/*
 * test_claims.c - from made-up samples to the table: who is fastest and leanest, and when a claim
 * holds, misses, or is left undecided.
 *
 * Four allocators: "fast" does 2 M operations a second, glibc 1 M; "low" has the lowest peak,
 * "thin" the lowest steady memory. hakmem does 4 M at 1.00 MiB, give or take one percent.
 */
#include "mock.h"
#include "table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <unistd.h>

enum { REPS = 7, ALLOCATORS = 5 };
static const double mib = 1024 * 1024;

typedef struct figures {
    const char *key;
    double speed, peak, steady;
} figures_t;
static const figures_t truth[ALLOCATORS] = {{"hakmem", 4e6, 1.00, 1.00},
                                            {"glibc", 1e6, 1.50, 1.50},
                                            {"fast", 2e6, 3.00, 3.00},
                                            {"low", 5e5, 0.80, 1.60},
                                            {"thin", 5e5, 1.60, 0.50}};

/* From -1 % to +1 % over the repetitions; the second hakmem's is not the first one's. */
static double wobble(const cell_t *cell, unsigned rep) {
    return 1 + 0.01 * ((double)((rep + cell->again) % REPS) - 3) / 3;
}
static const figures_t *figures_of(const cell_t *cell) {
    const figures_t *out = truth;
    while (strcmp(out->key, cell->allocator->key) != 0) {
        out++;
    }
    return out;
}
static bool is_hakmem(const cell_t *cell) {
    return cell->allocator->is_hakmem;
}
static double speed(const cell_t *cell, unsigned rep) {
    return figures_of(cell)->speed * (is_hakmem(cell) ? wobble(cell, rep) : 1);
}
static double peak(const cell_t *cell, unsigned rep) {
    return figures_of(cell)->peak * mib * (is_hakmem(cell) ? wobble(cell, rep) : 1);
}
static double steady(const cell_t *cell, unsigned rep) {
    return figures_of(cell)->steady * mib * (is_hakmem(cell) ? wobble(cell, rep) : 1);
}

/* The standing on one workload with that claim. */
static standings_t judge(const char *claim, mock_t mock, unsigned reps) {
    static allocator_t rows[ALLOCATORS];
    static workload_t workload = {.name = "work", .touch = "page", .expected_s = 0.1};
    static samples_t samples;
    static run_info_t info;
    static analysis_t analysis;
    char *self = realpath("/proc/self/exe", NULL);
    json_t *keys = json_array();
    for (size_t i = 0; i < ALLOCATORS; i++) {
        rows[i] = (allocator_t){.key = (char *)(uintptr_t)truth[i].key,
                                .name = "n",
                                .package = "-",
                                .path = self,
                                .version = "1",
                                .sha256 = "aa",
                                .preload = true,
                                .is_hakmem = i == 0};
        json_array_append_new(keys, json_pack("{s:s}", "key", truth[i].key));
    }
    options_t options = {.command = COMMAND_PEERS, .reps = reps, .seed = 7};
    plan_t plan = {0};
    plan_build(&options, &(catalogue_t){&workload, 1}, &(allocator_list_t){rows, ALLOCATORS},
               &plan);
    mock.speed = speed;
    mock.peak = peak;
    mock.steady = steady;
    mock_t *own = malloc(sizeof *own);
    *own = mock;
    samples = (samples_t){0};
    assert_true(mock_measure(&plan, own, &samples, 1u << PHASE_COMPARE, plan.reps[PHASE_COMPARE]));
    free(own);
    info = (run_info_t){.run_id = "test",
                        .workloads = json_pack("[{s:s, s:s, s:o}]", "name", "work", "group",
                                               "Group", "claim", json_loads(claim, 0, NULL)),
                        .allocators = keys,
                        .seed = 1,
                        .margin = 0.02};
    standings_t out;
    analysis_make(&info, &samples, &analysis);
    claims_judge(&analysis, &out);
    assert_int_equal(out.count, 1);
    return out;
}

static finding_t finding_of(const char *claim, mock_t mock) {
    standings_t out = judge(claim, mock, REPS);
    assert_int_equal(out.items[0].claim_count, 1);
    assert_int_equal(out.findings[out.items[0].claims[0].finding], 1);
    return out.items[0].claims[0].finding;
}

#define assert_finding(claim, finding) assert_int_equal(finding_of(claim, (mock_t){0}), finding)

static void each_measure_has_its_own_rival(void **state) {
    (void)state;
    standings_t out = judge("{}", (mock_t){0}, REPS);
    const rival_t *rivals = out.items[0].rivals;
    assert_string_equal(rivals[RIVAL_SPEED].allocator, "fast");
    assert_string_equal(rivals[RIVAL_PEAK].allocator, "low");
    assert_string_equal(rivals[RIVAL_STEADY].allocator, "thin");
    assert_true(fabs(rivals[RIVAL_SPEED].ratio.mid - 2) < 0.001);
    assert_true(fabs(rivals[RIVAL_PEAK].ratio.mid - 1.25) < 0.001);
    assert_true(fabs(rivals[RIVAL_STEADY].ratio.mid - 2) < 0.001);
    assert_int_equal(rivals[RIVAL_SPEED].verdict, VERDICT_HIGHER);
    assert_int_equal(rivals[RIVAL_PEAK].verdict, VERDICT_HIGHER);
    assert_int_equal(out.items[0].claim_count, 0);
}

static void every_other_allocator_is_kept(void **state) {
    (void)state;
    standings_t out = judge("{}", (mock_t){.failing = "compare/work/low"}, REPS);
    const standing_t *s = &out.items[0];
    static const char *const order[] = {"glibc", "fast", "low", "thin"};
    static const double speeds[] = {4, 2, NAN, 8};
    assert_int_equal(s->other_count, 4);
    assert_int_equal(out.groups, 1);
    for (size_t i = 0; i < s->other_count; i++) {
        double ratio = s->others[i].against[RIVAL_SPEED].ratio.mid;
        assert_string_equal(s->others[i].allocator, order[i]);
        assert_true(isnan(speeds[i]) ? isnan(ratio) : fabs(ratio / speeds[i] - 1) < 0.001);
    }
    assert_int_equal(s->others[2].against[RIVAL_SPEED].verdict, VERDICT_UNDECIDED);
    assert_int_equal(s->others[1].against[RIVAL_PEAK].verdict, VERDICT_LOWER);
    assert_string_equal(s->others[1].against[RIVAL_PEAK].allocator, "fast");
}

static void speed_holds_misses_or_is_undecided(void **state) {
    (void)state;
    assert_finding("{\"speed_of_best\": 1.95}", FINDING_HOLDS);
    assert_finding("{\"speed_of_best\": 2.00}", FINDING_UNDECIDED);
    assert_finding("{\"speed_of_best\": 2.05}", FINDING_MISSES);
}

static void memory_needs_peak_and_steady(void **state) {
    (void)state;
    assert_finding("{\"memory_of_leanest\": 2.05}", FINDING_HOLDS);
    assert_finding("{\"memory_of_leanest\": 2.00}", FINDING_UNDECIDED); /* the steady part */
    assert_finding("{\"memory_of_leanest\": 1.50}", FINDING_MISSES);    /* peak alone would hold */
}

static void differences_to_glibc_are_absolute(void **state) {
    (void)state;
    /* hakmem takes 0.25 us where glibc takes 1, and 1024 KiB where glibc takes 1536. */
    assert_finding("{\"time_over_glibc_us\": 0.001}", FINDING_HOLDS);
    assert_finding("{\"memory_over_glibc_kib\": 1}", FINDING_HOLDS);
    standings_t out =
        judge("{\"time_over_glibc_us\": 1, \"memory_over_glibc_kib\": 1}", (mock_t){0}, REPS);
    assert_true(fabs(out.items[0].claims[0].parts[0].figure.mid + 0.75) < 0.001);
    assert_true(fabs(out.items[0].claims[1].parts[0].figure.mid + 512) < 1e-6);
    assert_string_equal(out.items[0].claims[1].parts[0].against, "glibc");
}

static void steady_is_judged_by_what_is_allowed(void **state) {
    (void)state;
    /* The mock requests 10^6 bytes: 48,576 less than hakmem's steady MiB. */
    assert_finding("{\"steady_over_requested\": 1.08}", FINDING_HOLDS);
    assert_finding("{\"steady_over_requested\": 1.02}", FINDING_MISSES);
    assert_finding("{\"steady_over_requested\": 1, \"steady_extra_kib\": 47.4375}",
                   FINDING_UNDECIDED);
    assert_finding("{\"steady_over_requested\": 1, \"steady_extra_kib\": 64}", FINDING_HOLDS);
}

static void memory_must_not_grow(void **state) {
    (void)state;
    static const char claim[] = "{\"steady_over_tenth\": 1.05}";
    assert_int_equal(finding_of(claim, (mock_t){.tenth_bytes = 1.00 * mib}), FINDING_HOLDS);
    assert_int_equal(finding_of(claim, (mock_t){.tenth_bytes = 0.50 * mib}), FINDING_MISSES);
    assert_int_equal(finding_of(claim, (mock_t){0}), FINDING_UNTESTED); /* not reported */
}

static void two_repetitions_test_nothing(void **state) {
    (void)state;
    standings_t out = judge("{\"speed_of_best\": 1}", (mock_t){0}, 2);
    assert_int_equal(out.items[0].claims[0].finding, FINDING_UNTESTED);
    assert_int_equal(out.items[0].rivals[RIVAL_SPEED].verdict, VERDICT_UNDECIDED);
}

static void failed_samples_are_told(void **state) {
    (void)state;
    static const char claim[] = "{\"speed_of_best\": 1.9}";
    standings_t other = judge(claim, (mock_t){.failing = "compare/work/fast"}, REPS);
    assert_string_equal(other.items[0].failures, "fast 7 of 7 (7 timeout)");
    assert_string_equal(other.items[0].rivals[RIVAL_SPEED].allocator, "glibc");
    assert_int_equal(other.items[0].claims[0].finding, FINDING_HOLDS);
    standings_t own = judge(claim, (mock_t){.failing = "compare/work/hakmem"}, REPS);
    assert_int_equal(own.items[0].claims[0].finding, FINDING_MISSES);
}

static void the_table_says_it(void **state) {
    (void)state;
    standings_t out = judge("{\"speed_of_best\": 1.9, \"memory_of_leanest\": 1.5,"
                            " \"time_over_glibc_us\": 0.5}",
                            (mock_t){.failing = "compare/work/low"}, REPS);
    char *text = NULL;
    size_t bytes = 0;
    FILE *memory = open_memstream(&text, &bytes);
    table_print(memory, &out);
    fclose(memory);
    static const char *const wanted[] = {
        "\nGroup\n  work ",
        "fast        2.000 [",
        " faster ",
        "thin        2.000 [",
        " more",
        "claim speed >= 1.90 x fastest: holds",
        "claim memory <= 1.50 x leanest: misses",
        "claim time/op <= glibc + 0.5 us: holds, -0.750 [",
        "FAILED samples: low 7 of 7 (7 timeout)",
        "Claims: 2 hold, 0 undecided, 1 miss\n",
        "  misses     work: memory <= 1.50 x leanest: peak 0.667 ["};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        if (!strstr(text, wanted[i])) {
            fail_msg("'%s' is not in:\n%s", wanted[i], text);
        }
    }
    free(text);
    json_t *row = json_array_get(table_json(&out), 0);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(row, "steady"), "allocator")), "thin");
    assert_int_equal(json_array_size(json_object_get(row, "claims")), 3);
    assert_int_equal(json_integer_value(json_object_get(table_findings_json(&out), "holds")), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_measure_has_its_own_rival),
        cmocka_unit_test(every_other_allocator_is_kept),
        cmocka_unit_test(speed_holds_misses_or_is_undecided),
        cmocka_unit_test(memory_needs_peak_and_steady),
        cmocka_unit_test(differences_to_glibc_are_absolute),
        cmocka_unit_test(steady_is_judged_by_what_is_allowed),
        cmocka_unit_test(memory_must_not_grow),
        cmocka_unit_test(two_repetitions_test_nothing),
        cmocka_unit_test(failed_samples_are_told),
        cmocka_unit_test(the_table_says_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
