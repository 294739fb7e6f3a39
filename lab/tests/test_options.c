/*
 * test_options.c - how long a command measures when nothing is said: a sweep as its budget admits,
 * peers seven repetitions; and that a resumed run keeps it.
 */
#include "options.h"
#include "said.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

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

static void parse_three(void *context) {
    char **words = context;
    parsed(words[0], words[1], words[2]);
}

/* A part is of the whole run: what is measured without being named stays so. */
static void a_launched_run_keeps_what_is_unnamed(void **state) {
    (void)state;
    options_t named = parsed("--workload", "mid33", NULL), again = {0};
    options_t o = parsed("peers", "--launcher", "slurm");
    assert_int_equal(o.launcher, LAUNCHER_SLURM);
    assert_true(o.unnamed && !named.unnamed);
    assert_int_equal(named.launcher, LAUNCHER_LOCAL);
    text_list_add(&o.workloads, "mid33");
    o.is_part = o.no_waste = true;
    options_from_json(options_to_json(&o), &again);
    assert_true(again.unnamed && again.is_part && again.no_waste);
}

static void launchers_are_not_for_everything(void **state) {
    (void)state;
    static const char *const cases[][4] = {
        {"--launcher", "pbs", NULL, "--launcher is local, slurm or parallel, not 'pbs'"},
        {"--machine", "big", NULL, "--machine needs a --launcher"},
        {"check-noise", "--launcher", "slurm", "--launcher has no effect with check-noise"},
        {"count", "--launcher", "slurm", "--launcher has no effect with count"},
        {"merge", "one", NULL, "merge needs --out DIR"},
        {"merge", "--out", "there", "merge takes at least one run"},
        {"part", "one", NULL, "part takes a run and the number of its part"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int status;
        const char *said = said_by(parse_three, (void *)(uintptr_t)cases[i], &status);
        if (!strstr(said, cases[i][3])) {
            fail_msg("'%s' instead of '%s'", said, cases[i][3]);
        }
        assert_int_equal(WEXITSTATUS(status), 2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sweep_has_a_budget),
        cmocka_unit_test(peers_has_seven_repetitions),
        cmocka_unit_test(peers_does_as_it_is_told),
        cmocka_unit_test(a_launched_run_keeps_what_is_unnamed),
        cmocka_unit_test(launchers_are_not_for_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
