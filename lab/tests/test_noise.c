/*
 * test_noise.c - what makes a machine bad for measuring, and what check-noise says of one.
 */
#include "machine.h"
#include "mock.h"
#include "noise.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <unistd.h>

static json_t *quiet_facts(void) {
    return json_pack("{s:i, s:[f,f,f], s:f, s:[], s:s, s:s, s:f}", "cores", 4, "load_average", 0.3,
                     0.2, 0.1, "stolen_percent", 0.0, "busy", "governor", "performance", "aslr",
                     "2", "available_bytes", 8e9);
}

static void expect_warning(const char *key, json_t *value, const char *words) {
    json_t *facts = quiet_facts();
    json_object_set_new(facts, key, value);
    json_t *list = machine_warnings(facts);
    assert_int_equal(json_array_size(list), 1);
    const char *text = json_string_value(json_array_get(list, 0));
    if (!strstr(text, words)) {
        fail_msg("'%s' is not in '%s'", words, text);
    }
    json_decref(list);
    json_decref(facts);
}

static void a_bad_machine_is_warned_of(void **state) {
    (void)state;
    assert_int_equal(json_array_size(machine_warnings(quiet_facts())), 0);
    expect_warning("load_average", json_pack("[f,f,f]", 2.1, 1.0, 1.0),
                   "load average is 2.10 on 4");
    expect_warning("stolen_percent", json_real(7), "gives 7 % of the time to others");
    expect_warning("busy", json_pack("[{s:s, s:f}]", "name", "cc1", "percent", 90.0),
                   "90 % of a core: cc1");
    expect_warning("governor", json_string("powersave"), "governor powersave");
    expect_warning("aslr", json_string("0"), "not randomised");
    expect_warning("cache_ns", json_real(205), "4.0 MiB takes 205 ns, as from memory");
    expect_warning("available_bytes", json_real(1e8), "95.4 MiB");
}

static void this_machine_is_described(void **state) {
    (void)state;
    json_t *facts = machine_facts();
    static const char *const keys[] = {"cpu",     "cores",          "governor", "frequency_mhz",
                                       "busy",    "stolen_percent", "pinning",  "available_bytes",
                                       "cache_ns"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        assert_non_null(json_object_get(facts, keys[i]));
    }
    assert_true(json_number_value(json_object_get(facts, "available_bytes")) > 0);
    assert_true(json_number_value(json_object_get(facts, "cache_ns")) > 0.5);
    json_decref(facts);
}

static double swing;
static double swinging(const cell_t *cell, unsigned rep) {
    return 1e6 * (1 + (cell->again && rep % 2 ? swing : 0));
}

/* Of a run of check-noise on the mock whose second measurement is off by `by` every other time. */
static bool is_quiet(double by) {
    options_t options;
    catalogue_t workloads;
    allocator_list_t allocators;
    plan_t plan;
    samples_t samples = {0};
    mock_t *mock = text_alloc(sizeof *mock);
    mock_plan(&options, &workloads, &allocators, &plan);
    options.command = COMMAND_CHECK_NOISE;
    allocators.count = 1;
    plan = (plan_t){0};
    plan_build(&options, &workloads, &allocators, &plan);
    assert_int_equal(plan.count, 2 * 2);
    swing = by;
    mock->speed = swinging;
    assert_true(mock_measure(&plan, mock, &samples, 1u << PHASE_COMPARE, options.reps));
    run_info_t info = {.manifest = json_object(),
                       .workloads = json_pack("[{s:s}, {s:s}]", "name", "heavy", "name", "light"),
                       .allocators = json_pack("[{s:s}]", "key", "hakmem"),
                       .seed = 1,
                       .margin = 0.02};
    analysis_t analysis;
    analysis_make(&info, &samples, &analysis);
    char *text = NULL;
    size_t bytes = 0;
    FILE *memory = open_memstream(&text, &bytes);
    bool quiet = noise_print(memory, &analysis);
    fclose(memory);
    assert_non_null(strstr(text, quiet ? "good enough" : "too noisy"));
    assert_non_null(strstr(text, "heavy"));
    free(text);
    return quiet;
}

static void check_noise_tells_a_noisy_machine(void **state) {
    (void)state;
    assert_true(is_quiet(0.01));
    assert_false(is_quiet(0.2));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_machine_is_warned_of),
        cmocka_unit_test(this_machine_is_described),
        cmocka_unit_test(check_noise_tells_a_noisy_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
