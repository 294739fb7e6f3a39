/*
 * test_driver.c - the command and the environment of a sample: a command of the user's keeps its
 * words, and a setting that the adviser tries goes before what the user had set.
 */
#include "driver.h"
#include "programs.h"
#include "said.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

static text_list_t words_of(const char *const *words) {
    text_list_t out = {0};
    while (*words) {
        text_list_add(&out, *words++);
    }
    return out;
}

static void command_of_the_users_keeps_its_words(void **state) {
    (void)state;
    static const char *const typed[] = {"/bin/true", "--program=redis", "--threads=4", "--", NULL};
    text_list_t words = words_of(typed);
    workload_t workload = catalogue_of_command(&words, 300);
    options_t options = {.seed_given = true, .seed = 5, .threads = 9};
    process_context_t context = {.root = "..", .options = &options};
    allocator_t allocator = {.key = "x", .path = "/x"};
    cell_t cell = {.phase = PHASE_GRID, .workload = &workload, .allocator = &allocator};
    char here[4096];
    assert_non_null(getcwd(here, sizeof here));
    const char *expected[] = {
        "bin/program",
        "--result=/r",
        "--",
        "/usr/bin/env",
        text_format("--chdir=%s", here),
        "/bin/true", /* as typed: what it is a link to would be another program by name */
        "--program=redis",
        "--threads=4",
        "--",
        NULL};
    char **argv = driver_command(&context, &cell, 0, "/r");
    for (size_t i = 0; i < sizeof expected / sizeof *expected - 1; i++) {
        assert_non_null(argv[i]);
        assert_string_equal(argv[i], expected[i]);
    }
    assert_null(argv[9]);
    assert_string_equal(workload.name, "true");
    assert_null(program_script(&workload)); /* none of the catalogue's, whatever its words say */
    assert_true(TIMEOUT_FACTOR * workload.expected_s <= 300);
}

/* The seed that a launch's command ends with, but for the result. */
static const char *seed_of(options_t *options, workload_t *workload, phase_t phase, unsigned rep) {
    process_context_t context = {.root = "..", .options = options};
    allocator_t allocator = {.key = "x", .path = "/x"};
    cell_t cell = {.phase = phase, .workload = workload, .allocator = &allocator};
    char **argv = driver_command(&context, &cell, rep, "/r");
    size_t count = 0;
    while (argv[count]) {
        count++;
    }
    return argv[count - 2];
}

static void each_launch_draws_its_own(void **state) {
    (void)state;
    char *words[] = {"bin/mid33", "--seed=3", "--seed=7", NULL};
    workload_t workload = {.name = "w", .argv = words, .argc = 3, .has_seed = true};
    options_t plain = {0}, given = {.seed_given = true, .seed = 5};
    assert_int_equal(workload_seed(&workload), 7);
    assert_string_equal(seed_of(&plain, &workload, PHASE_COMPARE, 0), "--seed=7");
    assert_string_equal(seed_of(&plain, &workload, PHASE_COMPARE, 4), "--seed=4007");
    assert_string_equal(seed_of(&given, &workload, PHASE_COMPARE, 4), "--seed=4005");
    assert_string_equal(seed_of(&given, &workload, PHASE_GRID, 0), "--seed=5");
    assert_string_equal(seed_of(&given, &workload, PHASE_CONFIRM, 0), "--seed=1005");
    workload.keeps_seed = true;
    assert_string_equal(seed_of(&given, &workload, PHASE_COMPARE, 4), "--seed=4007");
    words[1] = words[2] = "--ops=9";
    workload.has_seed = false;
    assert_string_equal(seed_of(&given, &workload, PHASE_COMPARE, 4), "--ops=9");
}

static void take_missing_command(void *context) {
    static const char *const typed[] = {"./not_there", NULL};
    text_list_t words = words_of(typed);
    (void)context;
    catalogue_of_command(&words, 300);
}

static void missing_command_is_said_at_once(void **state) {
    (void)state;
    int status;
    const char *said = said_by(take_missing_command, NULL, &status);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 2);
    assert_non_null(strstr(said, "-- ./not_there: No such file or directory"));
}

static void tried_setting_goes_before_the_users(void **state) {
    (void)state;
    json_t *users = json_pack("{s:s, s:s}", "HAKMEM_WMAX_MID", "1.10", "HAKMEM_HARDEN", "1");
    process_context_t context = {.hakmem_options = users};
    allocator_t allocator = {.key = "hakmem:wmax_mid=2.00",
                             .path = "/x",
                             .preload = true,
                             .is_hakmem = true,
                             .environment = json_pack("{s:s}", "HAKMEM_WMAX_MID", "2.00")};
    cell_t cell = {.allocator = &allocator};
    json_t *settings = driver_settings(&context, &cell);
    assert_string_equal(json_string_value(json_object_get(settings, "HAKMEM_WMAX_MID")), "2.00");
    assert_string_equal(json_string_value(json_object_get(settings, "HAKMEM_HARDEN")), "1");
    assert_string_equal(json_string_value(json_object_get(settings, "LD_PRELOAD")), "/x");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_of_the_users_keeps_its_words),
        cmocka_unit_test(each_launch_draws_its_own),
        cmocka_unit_test(missing_command_is_said_at_once),
        cmocka_unit_test(tried_setting_goes_before_the_users),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
