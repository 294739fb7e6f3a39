/*
 * test_execute.c - order, blocks and resumption with a mock executor; the samples file is real.
 */
#include "mock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <unistd.h>

enum { BOTH = 1u << PHASE_GRID | 1u << PHASE_COMPARE };

typedef struct bench {
    options_t options;
    catalogue_t workloads;
    allocator_list_t allocators;
    plan_t plan;
    samples_t samples;
    progress_t progress;
    mock_t mock;
    execution_t execution;
    char path[64];
} bench_t;

static void bench_make(bench_t *b) {
    memset(b, 0, sizeof *b);
    mock_plan(&b->options, &b->workloads, &b->allocators, &b->plan);
    strcpy(b->path, "/tmp/hakmem-lab-test-XXXXXX");
    close(mkstemp(b->path));
    progress_start(&b->progress, true);
    b->progress.total = 1000;
    b->execution = (execution_t){.plan = &b->plan,
                                 .samples = &b->samples,
                                 .file = samples_open(b->path),
                                 .executor = {mock_sample, &b->mock},
                                 .progress = &b->progress};
}

static void bench_end(bench_t *b) {
    close(b->execution.file);
    unlink(b->path);
}

static size_t times_called(const mock_t *mock, const char *cell, unsigned rep) {
    size_t count = 0;
    for (size_t i = 0; i < mock->count; i++) {
        count += mock->reps[i] == rep && strcmp(mock->calls[i], cell) == 0;
    }
    return count;
}

static bool both(execution_t *execution, unsigned rep) {
    return execute_repetition(execution, PHASE_GRID, rep) &&
           execute_repetition(execution, PHASE_COMPARE, rep);
}

/* A workload's cells of a phase are neighbours. */
static void expect_neighbours(const mock_t *mock) {
    for (size_t i = 1; i < mock->count; i++) {
        for (size_t j = 0; j + 1 < i; j++) {
            size_t own = strcspn(mock->calls[i], "/");
            own += 1 + strcspn(mock->calls[i] + own + 1, "/");
            bool same = strncmp(mock->calls[i], mock->calls[j], own + 1) == 0 &&
                        mock->reps[i] == mock->reps[j];
            assert_true(!same || strncmp(mock->calls[i], mock->calls[i - 1], own + 1) == 0);
        }
    }
}

static void every_cell_runs_once_per_block(void **state) {
    (void)state;
    bench_t b;
    bench_make(&b);
    /* heavy: 3 x 2 pairs (1.60/1.30 among them) and its twin; both: 2 allocators and a twin. */
    assert_int_equal(plan_cell_count(&b.plan, PHASE_GRID), 7);
    assert_int_equal(plan_cell_count(&b.plan, PHASE_COMPARE), 6);
    assert_int_equal(plan_cell_count(&b.plan, PHASE_LATENCY), 4);
    for (unsigned rep = 0; rep < 3; rep++) {
        assert_true(both(&b.execution, rep));
    }
    assert_int_equal(b.mock.count, 3 * 13);
    for (size_t i = 0; i < b.plan.count; i++) {
        bool measured = BOTH >> b.plan.cells[i].phase & 1;
        for (unsigned rep = 0; rep < 3; rep++) {
            assert_int_equal(times_called(&b.mock, b.plan.cells[i].id, rep), measured);
        }
    }
    expect_neighbours(&b.mock);
    /* No repetition begins before the one before it is over. */
    for (size_t i = 1; i < b.mock.count; i++) {
        assert_true(b.mock.reps[i] >= b.mock.reps[i - 1]);
    }
    bench_end(&b);
}

static void order_is_random_and_seeded(void **state) {
    (void)state;
    bench_t b;
    bench_make(&b);
    size_t first[32], again[32], other[32], later[32];
    const workload_t *heavy = b.plan.cells[0].workload;
    size_t count = plan_block(&b.plan, PHASE_GRID, heavy, 0, first);
    plan_block(&b.plan, PHASE_GRID, heavy, 0, again);
    plan_block(&b.plan, PHASE_GRID, heavy, 1, later);
    b.plan.seed++;
    plan_block(&b.plan, PHASE_GRID, heavy, 0, other);
    assert_memory_equal(first, again, count * sizeof *first);
    assert_true(memcmp(first, later, count * sizeof *first) != 0);
    assert_true(memcmp(first, other, count * sizeof *first) != 0);
    bench_end(&b);
}

static void resume_measures_exactly_what_is_missing(void **state) {
    (void)state;
    bench_t b;
    bench_make(&b);
    b.mock.interrupt_after = 17;
    assert_true(both(&b.execution, 0));
    assert_false(both(&b.execution, 1));
    double seconds;
    size_t missing = execute_missing(&b.execution, PHASE_GRID, 0, 3, &seconds);
    missing += execute_missing(&b.execution, PHASE_COMPARE, 0, 3, &seconds);
    assert_int_equal(missing, 39 - 17);
    close(b.execution.file);

    samples_t before = b.samples;
    samples_load(b.path, &b.samples);
    assert_int_equal(b.samples.count, before.count);
    b.execution.file = samples_open(b.path);
    b.mock = (mock_t){0};
    for (unsigned rep = 0; rep < 3; rep++) {
        assert_true(both(&b.execution, rep));
    }
    assert_int_equal(b.mock.count, 39 - 17);
    for (size_t i = 0; i < before.count; i++) {
        assert_int_equal(times_called(&b.mock, before.items[i].cell, before.items[i].rep), 0);
    }
    samples_load(b.path, &b.samples);
    assert_int_equal(b.samples.count, 39);
    bench_end(&b);
}

/* Launches that draw other requests do other work; within one all cells do the same. */
static void work_is_compared_within_a_seed(void **state) {
    (void)state;
    bench_t b;
    bench_make(&b);
    b.mock.draws = true;
    for (unsigned rep = 0; rep < 3; rep++) {
        b.mock.mistaken = rep < 2 ? NULL : "compare/heavy/other";
        assert_true(both(&b.execution, rep));
    }
    for (size_t i = 0; i < b.samples.count; i++) {
        const sample_t *sample = &b.samples.items[i];
        bool is_wrong = sample->rep == 2 && strcmp(sample->cell, "compare/heavy/other") == 0;
        bool is_like_it = sample->rep == 2 && strcmp(sample->workload, "heavy") == 0;
        if (is_wrong || !is_like_it) { /* of one launch the first that comes is the measure */
            assert_int_equal(sample_failed(sample), is_wrong);
        }
    }
    bench_end(&b);
}

static void cut_line_loses_only_itself(void **state) {
    (void)state;
    bench_t b;
    bench_make(&b);
    assert_true(both(&b.execution, 0));
    assert_int_equal(write(b.execution.file, "{\"schema\":1,\"ce", 15), 15);
    close(b.execution.file);
    b.execution.file = samples_open(b.path); /* closes the line */
    assert_true(both(&b.execution, 1));
    samples_load(b.path, &b.samples);
    assert_int_equal(b.samples.count, 26);
    assert_int_equal(b.samples.unreadable, 1);
    bench_end(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_runs_once_per_block),
        cmocka_unit_test(order_is_random_and_seeded),
        cmocka_unit_test(resume_measures_exactly_what_is_missing),
        cmocka_unit_test(cut_line_loses_only_itself),
        cmocka_unit_test(work_is_compared_within_a_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
