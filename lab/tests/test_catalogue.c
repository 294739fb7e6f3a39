/*
 * test_catalogue.c - what a file of the catalogue stands for: variants, groups, claims, and which
 * command takes it; and that a claim which cannot be understood ends the program with its place.
 */
#include "mock.h"

#include "file.h"
#include "said.h"
#include "text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define COMMON                                                                                     \
    "\"title\": \"T\", \"stands_for\": \"s\", \"source\": \"generated\", \"expected_seconds\": "   \
    "1, "
#define COMMAND "\"command\": [\"bin/x\", \"--touch=first\", \"--ops=8\"]"

static const char plain[] = "{\"name\": \"plain\", " COMMON COMMAND "}";
static const char varied[] =
    "{\"name\": \"varied\", " COMMON COMMAND ", \"group\": \"Threads\", \"sweep\": false,"
    " \"variants\": {\"9\": [\"--threads=9\"], \"10\": [\"--threads=10\", \"--touch=whole\"]},"
    " \"claim\": {\"speed_of_best\": 2, \"steady_over_requested\": 1.5, \"steady_extra_kib\": 64}}";

static const char whole_program[] =
    "{\"name\": \"program\", \"title\": \"T\", \"stands_for\": \"s\", \"source\": \"program\","
    " \"sweep\": false, \"expected_seconds\": 9, " COMMAND "}";

static char folder[] = "/tmp/hakmem-lab-test-XXXXXX";

static void put(const char *name, const char *text) {
    file_write(text_format("%s/%s.json", folder, name), text);
}

static int fresh_folder(void **state) {
    (void)state;
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    return mkdtemp(folder) ? 0 : 1;
}

static int remove_folder(void **state) {
    (void)state;
    return system(text_format("rm -r %s", folder));
}

static void variants_are_workloads_in_the_order_of_the_file(void **state) {
    (void)state;
    catalogue_t all;
    put("plain", plain);
    put("varied", varied);
    catalogue_load(folder, &all);
    assert_int_equal(all.count, 3);
    const workload_t *first = &all.items[1], *second = &all.items[2];
    assert_string_equal(all.items[0].name, "plain");
    assert_string_equal(all.items[0].group, "other");
    assert_true(all.items[0].sweep);
    assert_string_equal(first->name, "varied-9"); /* not by name: "10" would come first */
    assert_string_equal(second->name, "varied-10");
    assert_string_equal(second->title, "T, 10");
    assert_string_equal(second->group, "Threads");
    assert_int_equal(first->argc, 4);
    assert_int_equal(second->argc, 5);
    assert_string_equal(second->argv[3], "--threads=10");
    assert_true(second->has_threads);
    assert_string_equal(first->touch, "first");
    assert_string_equal(second->touch, "whole"); /* the last one counts */
    assert_true(first->claim[CLAIM_SPEED_OF_BEST] == 2);
    assert_true(second->claim[CLAIM_STEADY_EXTRA_KIB] == 64);
    assert_true(second->claim[CLAIM_MEMORY_OF_LEANEST] == 0);
}

static size_t selected(const catalogue_t *all, const char *pattern, bool whole) {
    catalogue_t chosen;
    text_list_t patterns = {0};
    if (pattern) {
        text_list_add(&patterns, pattern);
    }
    catalogue_select(all, &patterns, whole, &chosen);
    return chosen.count;
}

static void what_is_not_of_the_sweep_must_be_named(void **state) {
    (void)state;
    catalogue_t all;
    put("plain", plain);
    put("varied", varied);
    catalogue_load(folder, &all);
    assert_int_equal(selected(&all, NULL, false), 1);
    assert_int_equal(selected(&all, NULL, true), 3);
    assert_int_equal(selected(&all, "varied-*", false), 2);
    assert_int_equal(selected(&all, "varied-9", true), 1);
    put("program", whole_program);
    catalogue_load(folder, &all);
    assert_int_equal(selected(&all, NULL, true), 3);
    assert_int_equal(selected(&all, "program", true), 1);
}

static void latency_is_measured_on_the_sweep_only(void **state) {
    (void)state;
    catalogue_t all, ignored;
    allocator_list_t allocators;
    options_t options;
    plan_t plan;
    mock_plan(&options, &ignored, &allocators, &plan);
    put("plain", plain);
    put("varied", varied);
    catalogue_load(folder, &all);
    options.command = COMMAND_PEERS;
    plan_build(&options, &all, &allocators, &plan);
    assert_int_equal(plan_cell_count(&plan, PHASE_COMPARE), 3 * 3);
    assert_int_equal(plan_cell_count(&plan, PHASE_LATENCY), 2);
    assert_int_equal(plan_cell_count(&plan, PHASE_GRID), 0);
}

static void load(void *folder_path) {
    catalogue_t all;
    catalogue_load(folder_path, &all);
}

/* Of the catalogue with that file, which must not be loaded. */
static const char *complaint(const char *name, const char *text) {
    int status = -1;
    put(name, text);
    const char *said = said_by(load, folder, &status);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    assert_non_null(strstr(said, text_format("%s/%s.json", folder, name)));
    unlink(text_format("%s/%s.json", folder, name));
    return said;
}

static const char *claim_complaint(const char *claim) {
    return complaint("bad",
                     text_format("{\"name\": \"bad\", " COMMON COMMAND ", \"claim\": %s}", claim));
}

static void bad_claims_are_errors_with_their_place(void **state) {
    (void)state;
    assert_non_null(strstr(claim_complaint("{\"speed_of_bets\": 2}"), "\"speed_of_bets\""));
    assert_non_null(strstr(claim_complaint("{\"speed_of_best\": 0}"), "\"speed_of_best\""));
    assert_non_null(strstr(claim_complaint("{\"speed_of_best\": \"2\"}"), "\"speed_of_best\""));
    assert_non_null(strstr(claim_complaint("{\"steady_extra_kib\": 2}"), "\"steady_extra_kib\""));
    assert_non_null(strstr(claim_complaint("[2]"), "\"claim\""));
}

static void bad_files_are_errors_with_their_place(void **state) {
    (void)state;
    static const char head[] = "{\"name\": \"bad\", " COMMON COMMAND ", ";
    put("plain", plain);
    assert_non_null(strstr(complaint("bad", text_format("%s\"variants\": {}}", head)), "variants"));
    assert_non_null(
        strstr(complaint("bad", text_format("%s\"variants\": {\"a/b\": []}}", head)), "a/b"));
    assert_non_null(strstr(complaint("bad", text_format("%s\"sweep\": 1}", head)), "sweep"));
    assert_non_null(strstr(complaint("zz", plain), "already"));
}

/* What bin/hakmem, run dry, says of a trace given by its path, and its exit status. */
static const char *word_on_trace(const char *path, int *status) {
    static char said[8192];
    FILE *from = popen(text_format("../bin/hakmem --dry-run --workload='%s' 2>&1", path), "r");
    assert_non_null(from);
    said[fread(said, 1, sizeof said - 1, from)] = '\0';
    *status = WEXITSTATUS(pclose(from));
    return said;
}

/* `make`: a shell command that writes the file. Its name is that of a trace, and no more. */
static void refused(const char *make, const char *why) {
    static const char good[] = "../workloads/traces/memcached.hakt.zst";
    int status;
    char *path = text_format("%s/a b.hakt.zst", folder);
    assert_int_equal(system(text_format("%s '%s' >'%s'", make, good, path)), 0);
    const char *said = word_on_trace(path, &status);
    assert_int_equal(status, 2);
    assert_string_equal(said, text_format("hakmem: no trace to replay: %s: %s\n"
                                          "Try './run_sweep --help'.\n",
                                          path, why));
}

static void damaged_traces_are_refused_at_once(void **state) {
    (void)state;
    int status;
    const char *said = word_on_trace("../workloads/traces/memcached.hakt.zst", &status);
    assert_int_equal(status, 0);
    assert_non_null(strstr(said, "memcached"));
    refused("head -c 1000", "truncated");
    refused("head -c 0", "not a hakmem trace");
    refused("tail -c 500", "not a hakmem trace");
    refused("md5sum", "not a hakmem trace");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(variants_are_workloads_in_the_order_of_the_file,
                                        fresh_folder, remove_folder),
        cmocka_unit_test_setup_teardown(what_is_not_of_the_sweep_must_be_named, fresh_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(latency_is_measured_on_the_sweep_only, fresh_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(bad_claims_are_errors_with_their_place, fresh_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(bad_files_are_errors_with_their_place, fresh_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(damaged_traces_are_refused_at_once, fresh_folder,
                                        remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
