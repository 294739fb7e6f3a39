/*
 * test_options.c - how long a command measures when nothing is said: a sweep as its budget admits,
 * peers seven repetitions; and that a resumed run keeps it.
 */
#include "options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static options_t parsed(char *one, char *two, char *three) {
    char *argv[] = {"run_sweep", one, two, three, NULL};
    int argc = 1 + (one != NULL) + (two != NULL) + (three != NULL);
    options_t out;
    options_parse(argc, argv, &out);
    return out;
}

static void sweep_has_a_budget(void **state) {
    (void)state;
    options_t o = parsed(NULL, NULL, NULL);
    assert_int_equal(o.reps, 0);
    assert_true(o.budget_s == DEFAULT_BUDGET_S);
}

static void peers_has_seven_repetitions(void **state) {
    (void)state;
    options_t o = parsed("peers", NULL, NULL), again = {0};
    assert_int_equal(o.reps, 7);
    assert_true(o.budget_s == 0);
    options_from_json(options_to_json(&o), &again);
    assert_int_equal(again.command, COMMAND_PEERS);
    assert_int_equal(again.reps, 7);
}

static void peers_does_as_it_is_told(void **state) {
    (void)state;
    options_t budget = parsed("peers", "--budget", "10m"), reps = parsed("peers", "--reps", "3");
    options_t full = parsed("peers", "--full", NULL);
    assert_true(budget.reps == 0 && budget.budget_s == 600);
    assert_true(reps.reps == 3 && reps.budget_s == 0);
    assert_true(full.reps == 0 && full.budget_s == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sweep_has_a_budget),
        cmocka_unit_test(peers_has_seven_repetitions),
        cmocka_unit_test(peers_does_as_it_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
