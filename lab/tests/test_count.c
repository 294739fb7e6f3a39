/*
 * test_count.c - counts: reading callgrind's output, rows, comparison and exit status, with an
 * executor that starts no process; and one real count, the smallest.
 */
#include "callgrind.h"
#include "count.h"
#include "count_compare.h"
#include "file.h"
#include "manifest.h"
#include "text.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void expect_number(double value, double expected, double within) {
    assert_true(fabs(value - expected) <= within);
}

static char home[] = "/tmp/hakmem-lab-test-XXXXXX";

static int make_home(void **state) {
    (void)state;
    return mkdtemp(home) ? 0 : -1;
}

static int remove_home(void **state) {
    (void)state;
    return system(text_format("rm -rf %s", home));
}

static char *fresh_folder(void) {
    char *folder = text_format("%s/XXXXXX", home);
    assert_non_null(mkdtemp(folder));
    return folder;
}

/* The program (10 + 5 of its own) calls malloc, which calls memset in libc; libc itself calls
 * free. A function without an object lies at an address. */
static const char profile[] = "# callgrind format\nversion: 1\nevents: Ir\nsummary: 200\n\n"
                              "ob=(1) /bin/program\nfl=(1) a.c\nfn=(1) main\n16 10\n"
                              "cob=(2) /lib/alloc.so\ncfi=(2) b.c\ncfn=(2) malloc\ncalls=3 20\n"
                              "16 70\n+1 5\njump=2 +3\n* 0\n\n"
                              "ob=(2)\nfn=(2)\n20 40\ncob=(3) /lib/libc.so\ncfn=(3) memset\n"
                              "calls=1 1\n21 30\ncfn=(4) refill\ncalls=1 1\n* 7\n+1\n"
                              "fn=(4)\n30 7\n\n"
                              "ob=(3)\nfn=(3)\n1 30\nfn=(5) fopen\n1 8\ncob=(2)\ncfn=(6) free\n"
                              "calls=1 1\n2 20\ncfn=(7) malloc@@GLIBC_2\ncalls=1 1\n2 11\n"
                              "fn=(7)\n3 11\n\nob=(2)\nfn=(6)\n5 20\n\n"
                              "ob=(4) ???\nfn=(8) 0x0000000000401100\n0 9\n"
                              "ob=(1)\nfn=(1)\n17 1\ncob=(4)\ncfn=(9) operator new\n"
                              "calls=1 1\n17 50\n\nob=(4)\nfn=(9)\n0 4\ncob=(2)\ncfn=(4)\n"
                              "calls=1 1\n0 46\nob=(2)\nfn=(4)\n30 46\n";

enum { TOTAL = 191 }; /* of all own costs in it */

static callgrind_counts_t read_profile(const char *maps, const char *library, bool is_libc) {
    char *folder = fresh_folder(), *maps_path = text_format("%s/maps", folder);
    char *path = text_format("%s/profile", folder);
    callgrind_counts_t counts;
    file_write(path, profile);
    file_write(maps_path, maps);
    assert_true(callgrind_read(path, maps_path, library, is_libc, &counts));
    return counts;
}

static void test_own_library(void **state) {
    (void)state;
    /* malloc 40, refill 7 and 46, free 20, operator new 4; the calls from outside hold 140 */
    callgrind_counts_t c = read_profile("", "/lib/alloc.so", false);
    expect_number(c.library, 117, 0);
    expect_number(c.called, 23, 0);
    expect_number(c.outside, TOTAL - 140, 0);
}

static void test_unnamed_code_by_its_address(void **state) {
    (void)state;
    const char *maps = "00400000-00401000 r--p 0 00:00 1   /lib/alloc.so\n"
                       "00401000-00402000 r-xp 0 00:00 1   /lib/alloc.so\n"
                       "00402000-00403000 r-xp 0 00:00 1   /lib/other.so\n";
    callgrind_counts_t c = read_profile(maps, "/lib/alloc.so", false);
    expect_number(c.library, 117 + 9, 0);
    c = read_profile(maps, "/lib/other.so", false);
    expect_number(c.library, 4, 0);
}

static void test_c_library_by_names(void **state) {
    (void)state;
    /* of libc only the call of malloc by fopen; memset and fopen are no allocator */
    callgrind_counts_t c = read_profile("", "/lib/libc.so", true);
    expect_number(c.library, 11, 0);
    expect_number(c.called, 0, 0);
    expect_number(c.outside, TOTAL - 11, 0);
}

static void test_no_file(void **state) {
    (void)state;
    callgrind_counts_t c;
    assert_false(callgrind_read("/nonexistent", "/nonexistent", "/lib/alloc.so", false, &c));
}

/* ---- runs of a mock ---- */

typedef struct mock {
    double instructions, faults; /* per operation, and per thousand in both parts */
    double jitter;               /* by which the second repetition is more */
    const char *fails;           /* workload */
    unsigned asked, stop_after;
} mock_t;

static json_t *mock_measure(void *context, const count_task_t *task) {
    mock_t *mock = context;
    if (mock->stop_after && mock->asked == mock->stop_after) {
        return NULL;
    }
    mock->asked++;
    double ops = 10000.0 * task->length, more = task->rep ? mock->jitter : 1;
    bool bad = mock->fails && strcmp(mock->fails, task->workload->name) == 0;
    json_t *out = json_pack("{s:s, s:f, s:[s,s]}", "status", bad ? "signal 11" : "ok", "ops", ops,
                            "command", "bin/x", task->workload->argv[1]);
    if (task->look == LOOK_INSTRUCTIONS) {
        json_object_update_new(out, json_pack("{s:f, s:f, s:f}", "library",
                                              5000 + mock->instructions * ops * more, "called",
                                              100 + ops, "outside", 1e6 + 20 * ops));
    } else {
        json_object_update_new(
            out, json_pack("{s:f, s:f}", "faults", mock->faults * ops / 1e3, "calls", 3.0));
    }
    return out;
}

static workload_t two[] = {
    {.name = "one", .argv = (char *[]){"bin/x", "--ops=1", NULL}, .argc = 2},
    {.name = "two", .argv = (char *[]){"bin/x", "--ops=2", NULL}, .argc = 2}};
static allocator_t only[] = {{.key = "hakmem",
                              .name = "hakmem",
                              .package = "-",
                              .path = "/lib/a.so",
                              .version = "1",
                              .sha256 = "aa",
                              .preload = true,
                              .is_hakmem = true}};

static void write_manifest(const char *folder, size_t workloads) {
    json_t *rows = json_array();
    for (size_t i = 0; i < workloads; i++) {
        json_array_append_new(rows, json_pack("{s:s}", "name", two[i].name));
    }
    json_t *manifest = json_pack("{s:s, s:{s:s, s:i}, s:o, s:[{s:s}], s:{}}", "run_id", "mock",
                                 "options", "command", "count", "reps", 2, "workloads", rows,
                                 "allocators", "key", "hakmem", "files");
    manifest_write(folder, manifest);
    json_decref(manifest);
}

static bool execute(const char *folder, mock_t *mock, size_t workloads) {
    catalogue_t catalogue = {two, workloads};
    allocator_list_t allocators = {only, 1};
    count_tasks_t tasks;
    progress_t progress;
    count_executor_t executor = {mock_measure, mock};
    progress_start(&progress, true);
    count_plan(&catalogue, &allocators, 2, &tasks);
    write_manifest(folder, workloads);
    return count_execute(folder, &tasks, &executor, &progress);
}

static count_run_t run_of(mock_t mock, size_t workloads) {
    count_run_t run;
    char *folder = fresh_folder();
    mock.jitter = mock.jitter > 0 ? mock.jitter : 1;
    assert_true(execute(folder, &mock, workloads));
    count_load(folder, &run);
    return run;
}

static void test_rows_are_differences(void **state) {
    (void)state;
    count_run_t run = run_of((mock_t){.instructions = 30, .faults = 2}, 2);
    assert_int_equal(run.count, 2);
    const count_value_t *v = run.rows[0].values;
    expect_number(v[COUNT_LIBRARY].mean, 30, 1e-9); /* the start's 5000 are not in it */
    expect_number(v[COUNT_ALLOCATOR].mean, 31, 1e-9);
    expect_number(v[COUNT_OUTSIDE].mean, 20, 1e-9);
    expect_number(v[COUNT_FAULTS_FIRST].mean, 2, 1e-9);
    expect_number(v[COUNT_FAULTS_THEN].mean, 2, 1e-9);
    expect_number(v[COUNT_CALLS_FIRST].mean, 300, 1e-9);
    expect_number(v[COUNT_CALLS_THEN].mean, 0, 1e-9);
    assert_true(run.rows[0].exact);
    run = run_of((mock_t){.instructions = 30, .jitter = 1.01}, 1);
    assert_false(run.rows[0].exact);
}

static int status_of(mock_t old, mock_t new, double margin) {
    options_t options = {.margin = margin, .json = true};
    count_run_t a = run_of(old, 1), b = run_of(new, 1);
    return count_compare_runs(a.folder, b.folder, &options);
}

static void test_exit_status(void **state) {
    (void)state;
    mock_t old = {.instructions = 99, .faults = 2}; /* and 1 of what it calls: 100 */
    assert_int_equal(status_of(old, old, 2), 0);
    assert_int_equal(status_of(old, (mock_t){.instructions = 100.9, .faults = 2}, 2), 0);
    assert_int_equal(status_of(old, (mock_t){.instructions = 101.1, .faults = 2}, 2), 1);
    assert_int_equal(status_of(old, (mock_t){.instructions = 101.1, .faults = 2}, 3), 0);
    assert_int_equal(status_of(old, (mock_t){.instructions = 50, .faults = 2}, 2), 0);
    assert_int_equal(status_of(old, (mock_t){.instructions = 99, .faults = 2.5}, 2), 1);
    /* 2 % and a tenth of a fault */
    assert_int_equal(status_of(old, (mock_t){.instructions = 99, .faults = 2.13}, 2), 0);
    assert_int_equal(status_of(old, (mock_t){.fails = "one"}, 2), 1);
}

static void test_approximate_has_its_own_bound(void **state) {
    (void)state;
    mock_t old = {.instructions = 99, .jitter = 1.03};
    assert_int_equal(status_of(old, (mock_t){.instructions = 108, .jitter = 1.03}, 2), 0);
    assert_int_equal(status_of(old, (mock_t){.instructions = 125, .jitter = 1.03}, 2), 1);
}

static void test_what_is_missing_is_said(void **state) {
    (void)state;
    count_run_t one = run_of((mock_t){.instructions = 30}, 1);
    count_run_t both = run_of((mock_t){.instructions = 30}, 2);
    count_comparison_t c;
    count_compare(&one, &both, 2, &c);
    assert_int_equal(c.compared, 1);
    assert_string_equal(c.pairs[1].left_out, "not in the earlier run");
    count_compare(&both, &one, 2, &c);
    assert_int_equal(c.count, 2);
    assert_string_equal(c.pairs[1].left_out, "not in this run");
    both.rows[0].command = json_pack("[s, s]", "bin/x", "--ops=9");
    count_compare(&one, &both, 2, &c);
    assert_string_equal(c.pairs[0].left_out, "other parameters or input");
}

static void test_resumed_run_measures_what_is_missing(void **state) {
    (void)state;
    char *folder = fresh_folder();
    mock_t mock = {.instructions = 30, .jitter = 1, .stop_after = 5};
    assert_false(execute(folder, &mock, 2));
    mock.stop_after = 0;
    assert_true(execute(folder, &mock, 2));
    assert_int_equal(mock.asked, 2 * 2 * 2 * 2); /* looks, lengths, repetitions, workloads */
}

static void test_lengths(void **state) {
    (void)state;
    options_t options = {.threads = 3};
    workload_t w = {.argv = (char *[]){"bin/g", "--ops=7", "--ops=5000000", NULL},
                    .argc = 3,
                    .has_threads = true};
    char **command = count_command(&w, &options, 2);
    assert_string_equal(command[1], "--ops=7"); /* the last one counts, as for the driver */
    assert_string_equal(command[2], "--ops=200000");
    assert_string_equal(command[3], "--threads=3");
    workload_t trace = {.argv = (char *[]){"bin/hakreplay", "x", "--loop=14", NULL}, .argc = 3};
    command = count_command(&trace, &options, 2);
    assert_string_equal(command[2], "--loop=2");
    assert_string_equal(command[3], "--window=16");
    workload_t none = {.argv = (char *[]){"bin/drain", "--keep=5", NULL}, .argc = 2};
    assert_null(count_command(&none, &options, 1));
    workload_t program = {.argv = (char *[]){"bin/startup", "--ops=200", NULL}, .argc = 2};
    assert_null(count_command(&program, &options, 1));
}

/* Twice for real: what is counted does not differ by one instruction, and the exit status says so;
 * glibc instead of hakmem does. */
static void test_real_run(void **state) {
    (void)state;
    char *folder = fresh_folder(), *first = text_format("%s/1", folder);
    char *second = text_format("%s/2", folder);
    const char *bin = "../bin/hakmem", *common = "count --workload mid33 --quiet --reps 2";
    if (access("/usr/bin/valgrind", X_OK) != 0) {
        skip();
    }
    assert_int_equal(system(text_format("%s %s --out %s >%s/out1", bin, common, first, folder)), 0);
    assert_int_equal(system(text_format("%s %s --out %s --against %s --margin 0 >%s/out2", bin,
                                        common, second, first, folder)),
                     0);
    count_run_t a, b;
    count_load(first, &a);
    count_load(second, &b);
    assert_true(a.rows[0].exact);
    expect_number(a.rows[0].values[COUNT_LIBRARY].mean, b.rows[0].values[COUNT_LIBRARY].mean, 0);
    assert_true(a.rows[0].values[COUNT_LIBRARY].mean > 10);
    assert_true(file_exists(text_format("%s/derived/count.csv", first)));
    assert_int_equal(system(text_format("%s report %s >%s/out3", bin, second, folder)), 0);
    assert_int_equal(system(text_format("%s compare %s %s >%s/out4", bin, first, second, folder)),
                     0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_library),
        cmocka_unit_test(test_unnamed_code_by_its_address),
        cmocka_unit_test(test_c_library_by_names),
        cmocka_unit_test(test_no_file),
        cmocka_unit_test(test_rows_are_differences),
        cmocka_unit_test(test_exit_status),
        cmocka_unit_test(test_approximate_has_its_own_bound),
        cmocka_unit_test(test_what_is_missing_is_said),
        cmocka_unit_test(test_resumed_run_measures_what_is_missing),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_real_run),
    };
    return cmocka_run_group_tests(tests, make_home, remove_home);
}
