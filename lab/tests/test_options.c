/*
 * test_options.c - how long a command measures when nothing is said: a sweep as its budget admits,
 * peers seven repetitions; that a resumed run keeps it; what the adviser takes, and refuses.
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

static void adviser_has_five_minutes_and_one_thing_to_look_at(void **state) {
    (void)state;
    options_t trace = parsed("advise", "app.hakt.zst", NULL), again = {0};
    options_t tune = parsed("tune", "redis-33k", NULL);
    assert_int_equal(trace.command, COMMAND_ADVISE);
    assert_true(trace.budget_s == ADVISE_BUDGET_S && trace.reps == 0);
    assert_int_equal(trace.args.count, 1);
    assert_true(tune.command == COMMAND_TUNE && tune.budget_s == ADVISE_BUDGET_S);
    options_from_json(options_to_json(&trace), &again);
    assert_int_equal(again.command, COMMAND_ADVISE);
    assert_string_equal(again.args.items[0], "app.hakt.zst");
}

static void words_after_the_dashes_are_the_program(void **state) {
    (void)state;
    char *argv[] = {"run_sweep", "advise",   "--budget", "90s",     "--",
                    "./serve",   "--budget", "5",        "--quiet", NULL};
    options_t o, again = {0};
    options_parse(9, argv, &o);
    assert_true(o.budget_s == 90 && !o.quiet && o.args.count == 0);
    options_from_json(options_to_json(&o), &again);
    for (int i = 0; i < 2; i++) {
        const text_list_t *program = i == 0 ? &o.program : &again.program;
        assert_int_equal(program->count, 4);
        assert_string_equal(program->items[0], "./serve");
        assert_string_equal(program->items[3], "--quiet");
    }
}

static void parse_words(void *context) {
    char **argv = context;
    options_t o;
    int argc = 0;
    while (argv[argc]) {
        argc++;
    }
    options_parse(argc, argv, &o);
}

static void expect_refused(const char *why, char *one, char *two, char *three, char *four) {
    char *argv[] = {"run_sweep", one, two, three, four, NULL};
    int status = 0;
    const char *said = said_by(parse_words, argv, &status);
    if (!strstr(said, why) || !WIFEXITED(status) || WEXITSTATUS(status) != 2) {
        fail_msg("expected \"%s\" and exit 2, not (%d) %s", why, status, said);
    }
}

static void adviser_refuses_what_has_no_effect(void **state) {
    (void)state;
    static const char takes[] = "takes one workload or trace file, or -- and a program";
    expect_refused(takes, "advise", NULL, NULL, NULL);
    expect_refused(takes, "advise", "small", "mid33", NULL);
    expect_refused(takes, "advise", "small", "--", "./x");
    expect_refused(takes, "tune", NULL, NULL, NULL);
    expect_refused("peers takes no further words", "peers", "--", "./x", NULL);
    expect_refused("--reps has no effect with advise", "advise", "small", "--reps=3", NULL);
    expect_refused("--full has no effect with advise", "advise", "small", "--full", NULL);
    expect_refused("--wmax-mid has no effect with tune", "tune", "small", "--wmax-mid=1.1", NULL);
    expect_refused("--allocator has no effect with tune", "tune", "small", "--allocator=glibc",
                   NULL);
    expect_refused("--workload has no effect with advise", "advise", "small", "--workload=x", NULL);
    expect_refused("--held-out has no effect with peers", "peers", "--held-out=x", NULL, NULL);
    expect_refused("--held-out has no effect with a program", "advise", "--held-out=x", "--",
                   "./x");
    expect_refused("not 'soon'", "advise", "small", "--budget=soon", NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sweep_has_a_budget),
        cmocka_unit_test(peers_has_seven_repetitions),
        cmocka_unit_test(peers_does_as_it_is_told),
        cmocka_unit_test(a_launched_run_keeps_what_is_unnamed),
        cmocka_unit_test(launchers_are_not_for_everything),
        cmocka_unit_test(adviser_has_five_minutes_and_one_thing_to_look_at),
        cmocka_unit_test(words_after_the_dashes_are_the_program),
        cmocka_unit_test(adviser_refuses_what_has_no_effect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
