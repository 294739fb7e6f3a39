/*
 * test_compare.c - two runs: equal ones are not worse, a slowdown, more memory and new failures
 * are.
 */
#include "compare.h"
#include "file.h"
#include "manifest.h"
#include "mock.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <unistd.h>

enum { REPS = 10, WORKLOADS = 10 };

static unsigned salt;
static double speed_factor, peak_factor;

static double noise(const cell_t *cell, unsigned rep) {
    unsigned hash = rep * 2654435761u + salt * 40503u;
    for (const char *c = cell->id; *c; c++) {
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    }
    hash = (hash ^ hash >> 15) * 2246822519u;
    return 1 + ((double)(hash >> 8 & 0xffff) / 65536 - 0.5) * 0.02;
}

/* Only one of the workloads is touched by the factors: they must stand out of all. */
static double speed(const cell_t *cell, unsigned rep) {
    bool changed = cell->allocator->is_hakmem && strcmp(cell->workload->name, "work-7") == 0;
    return 1e6 * noise(cell, rep) * (changed ? speed_factor : 1);
}
static double peak(const cell_t *cell, unsigned rep) {
    bool changed = cell->allocator->is_hakmem && strcmp(cell->workload->name, "work-7") == 0;
    return 1.2e6 * noise(cell, rep) * (changed ? peak_factor : 1);
}

static char *make_run(unsigned run_salt, double by_speed, double by_peak, const char *failing) {
    options_t options;
    catalogue_t workloads;
    allocator_list_t allocators;
    plan_t plan;
    samples_t samples = {0};
    progress_t progress;
    mock_t *mock = text_alloc(sizeof *mock);
    char *folder = text_copy("/tmp/hakmem-lab-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    mock_plan(&options, &workloads, &allocators, &plan);
    json_t *rows = json_array();
    workloads = (catalogue_t){text_alloc(WORKLOADS * sizeof *workloads.items), WORKLOADS};
    for (size_t i = 0; i < WORKLOADS; i++) {
        workloads.items[i] = (workload_t){.name = text_format("work-%zu", i), .expected_s = 0.1};
        json_array_append_new(
            rows, json_pack("{s:s, s:[s]}", "name", workloads.items[i].name, "command", "x"));
    }
    plan = (plan_t){0};
    plan_build(&options, &workloads, &allocators, &plan);
    plan.reps[PHASE_COMPARE] = REPS;
    salt = run_salt;
    speed_factor = by_speed;
    peak_factor = by_peak;
    *mock = (mock_t){.speed = speed, .peak = peak, .failing = failing};
    progress_start(&progress, true);
    progress.total = 10000;
    execution_t execution = {.plan = &plan,
                             .samples = &samples,
                             .file = samples_open(text_format("%s/samples.jsonl", folder)),
                             .executor = {mock_sample, mock, NULL},
                             .progress = &progress};
    for (unsigned rep = 0; rep < REPS; rep++) {
        assert_true(execute_repetition(&execution, PHASE_COMPARE, rep));
    }
    close(execution.file);
    json_t *manifest = json_pack("{s:s, s:i, s:o, s:[{s:s, s:s}, {s:s, s:s}], s:{}}", "run_id",
                                 folder, "seed", 1, "workloads", rows, "allocators", "key",
                                 "hakmem", "sha256", "aa", "key", "other", "sha256", "bb", "files");
    manifest_write(folder, manifest);
    return folder;
}

/* Exit status of the comparison, whose output is kept from the terminal. */
static int compare(const char *a, const char *b) {
    fflush(stdout);
    int terminal = dup(STDOUT_FILENO);
    assert_non_null(freopen("/dev/null", "w", stdout));
    int status = compare_runs(a, b, false);
    fflush(stdout);
    dup2(terminal, STDOUT_FILENO);
    close(terminal);
    return status;
}

static void forget(char *folder) {
    const char *const argv[] = {"rm", "-r", folder, NULL};
    assert_non_null(capture(argv));
}

static void equal_runs_are_not_worse(void **state) {
    (void)state;
    char *first = make_run(1, 1, 1, NULL);
    for (unsigned i = 2; i < 6; i++) {
        char *again = make_run(i, 1, 1, NULL);
        assert_int_equal(compare(first, again), 0);
        forget(again);
    }
    forget(first);
}

static void what_is_worse_is_found(void **state) {
    (void)state;
    char *first = make_run(1, 1, 1, NULL), *slower = make_run(2, 0.97, 1, NULL);
    char *larger = make_run(3, 1, 1.05, NULL), *better = make_run(4, 1.1, 0.9, NULL);
    char *failing = make_run(5, 1, 1, "compare/work-3/hakmem");
    assert_int_equal(compare(first, slower), 1);
    assert_int_equal(compare(first, larger), 1);
    assert_int_equal(compare(first, failing), 1);
    assert_int_equal(compare(first, better), 0);
    assert_int_equal(compare(better, first), 1);
    forget(first);
    forget(slower);
    forget(larger);
    forget(better);
    forget(failing);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_runs_are_not_worse),
        cmocka_unit_test(what_is_worse_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
