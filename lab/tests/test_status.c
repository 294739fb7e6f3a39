/*
 * test_status.c - what a sample's end and its result stand for, and real processes that crash,
 * hang or fail.
 */
#include "file.h"
#include "mock.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <signal.h>

static const char *self;

static const char *status_of(outcome_t outcome, json_t *result) {
    static char status[STATUS_TEXT];
    sample_status(&outcome, result, self, status);
    json_decref(result);
    return status;
}

static const outcome_t fine = {.started = true};

static void results_are_judged(void **state) {
    (void)state;
    assert_string_equal(status_of(fine, mock_result(1e6, 1e6)), "ok");
    assert_string_equal(status_of(fine, NULL), "no result");

    json_t *result = mock_result(1e6, 1e6);
    json_object_del(result, "wall_ns");
    assert_string_equal(status_of(fine, result), "no result");

    result = mock_result(1e6, 1e6);
    json_object_set_new(result, "null_returns", json_integer(3));
    assert_string_equal(status_of(fine, result), "null");
}

static void foreign_malloc_is_unproven(void **state) {
    (void)state;
    json_t *result = mock_result(1e6, 1e6);
    json_object_set_new(result, "malloc_object", json_string("/bin/sh"));
    assert_string_equal(status_of(fine, result), "unproven");
}

static void bypass_is_refused(void **state) {
    (void)state;
    json_t *result = mock_result(1e6, 1e6);
    json_object_set_new(result, "hakmem", json_pack("{s:s}", "bypass", "HAKMEM_LD_SAFE"));
    assert_string_equal(status_of(fine, result), "bypassed");
    result = mock_result(1e6, 1e6);
    json_object_set_new(result, "hakmem", json_pack("{s:n}", "bypass"));
    assert_string_equal(status_of(fine, result), "ok");
}

/* Only "ok" is a time; "null" still tells about memory and failures. */
static void only_ok_is_a_time(void **state) {
    (void)state;
    sample_t sample = {.status = "ok"};
    assert_true(sample_counts_as_time(&sample) && sample_counts_as_memory(&sample));
    strcpy(sample.status, "null");
    assert_true(!sample_counts_as_time(&sample) && sample_counts_as_memory(&sample));
    static const char *const others[] = {"timeout",  "signal 11", "exit 1",        "bypassed",
                                         "unproven", "no result", "wrong checksum"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        strcpy(sample.status, others[i]);
        assert_true(!sample_counts_as_time(&sample) && !sample_counts_as_memory(&sample));
        assert_true(sample_failed(&sample));
    }
}

static outcome_t run_shell(const char *script, double timeout_s) {
    char *argv[] = {"/bin/sh", "-c", text_copy(script), NULL};
    char *envp[] = {"PATH=/usr/bin:/bin", "ONLY=this", NULL};
    return launch_run(
        &(launch_t){.argv = argv, .envp = envp, .folder = "/", .timeout_s = timeout_s});
}

static void processes_end_in_every_way(void **state) {
    (void)state;
    assert_string_equal(status_of(run_shell("exit 3", 10), NULL), "exit 3");
    assert_string_equal(status_of(run_shell("kill -SEGV $$", 10), NULL), "signal 11");
    assert_string_equal(status_of(run_shell("sleep 30", 0.2), NULL), "timeout");
    /* closed output, still running */
    assert_string_equal(status_of(run_shell("exec >&- 2>&-; sleep 30", 0.2), NULL), "timeout");
    assert_string_equal(status_of(run_shell("exit 0", 10), mock_result(1e6, 1e6)), "ok");
}

static void environment_is_fresh_and_output_kept(void **state) {
    (void)state;
    setenv("LEAK", "yes", 1);
    outcome_t outcome = run_shell("echo \"[$ONLY][$LEAK]\"; echo oops >&2", 10);
    assert_string_equal(outcome.output_tail, "[this][]\noops\n");
    outcome = run_shell("i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done", 10);
    assert_int_equal(strlen(outcome.output_tail), LAUNCH_TAIL_BYTES);
    assert_true(text_ends(outcome.output_tail, "line 1999\n"));
    outcome = run_shell("printf 'a\\000b\\377c'", 10);
    assert_string_equal(outcome.output_tail, "a?b?c");
}

static void timeout_ends_the_whole_group(void **state) {
    (void)state;
    outcome_t outcome = run_shell("sleep 31.41592 & sleep 30", 0.2);
    assert_true(outcome.timed_out);
    assert_true(outcome.elapsed_ns < 5000000000u);
    const char *const find[] = {"pgrep", "-f", "sleep 31.41592", NULL};
    assert_null(capture(find)); /* pgrep exits 1: no such process */
}

int main(void) {
    self = path_real("/proc/self/exe");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_are_judged),
        cmocka_unit_test(foreign_malloc_is_unproven),
        cmocka_unit_test(bypass_is_refused),
        cmocka_unit_test(only_ok_is_a_time),
        cmocka_unit_test(processes_end_in_every_way),
        cmocka_unit_test(environment_is_fresh_and_output_kept),
        cmocka_unit_test(timeout_ends_the_whole_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
