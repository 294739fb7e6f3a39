/*
 * test_sequence.c - whole runs with a mock executor: where they stop, that they find what is there
 * and nothing else, that a killed one ends with the same samples, and that a full disk loses none.
 */
#include "analysis.h"
#include "file.h"
#include "mock.h"
#include "recommend.h"
#include "sequence.h"
#include "stopping.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KILLS = 10 };

static double noise(const cell_t *cell, unsigned rep, double size) {
    unsigned hash = rep * 2654435761u + 97;
    for (const char *c = cell->id; *c; c++) {
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    }
    hash = (hash ^ hash >> 15) * 2246822519u;
    return ((double)(hash >> 8 & 0xffff) / 65536 - 0.5) * size;
}

/* `light` is quiet, and the other allocator far off; `heavy` is noisy, and it is close. */
static double mixed_speed(const cell_t *cell, unsigned rep) {
    bool quiet = strcmp(cell->workload->name, "light") == 0;
    double factor = cell->allocator->is_hakmem ? 1 : quiet ? 0.5 : 0.97;
    return 1e6 * factor * (1 + noise(cell, rep, quiet ? 0.002 : 0.08));
}

static double two_percent_slower(const cell_t *cell, unsigned rep) {
    return 1e6 * (cell->allocator->is_hakmem ? 1 : 0.98) * (1 + noise(cell, rep, 0.01));
}

static double all_equal(const cell_t *cell, unsigned rep) {
    return 1e6 * (1 + noise(cell, rep, 0.01));
}

typedef struct stage {
    options_t options;
    catalogue_t workloads;
    allocator_list_t allocators;
    plan_t plan;
    samples_t samples;
    progress_t progress;
    mock_t mock;
    run_info_t info;
    sequence_t sequence;
    char *path;
} stage_t;

/* The grid's values of the mid bound; NULL: the mock's, of which none is left out. */
static const char *mid_values;

/* Reads what is in the file already, as --resume does. */
static void stage_make(stage_t *s, const char *path, double (*speed)(const cell_t *, unsigned),
                       double budget_s) {
    memset(s, 0, sizeof *s);
    mock_plan(&s->options, &s->workloads, &s->allocators, &s->plan);
    if (mid_values) {
        dec_list_parse(mid_values, WMAX_LEAST, WMAX_MOST, &s->options.wmax_mid);
        plan_build(&s->options, &s->workloads, &s->allocators, &s->plan);
    }
    s->options.reps = 0;
    s->options.margin = MARGIN_DEFAULT;
    s->options.budget_s = budget_s;
    for (phase_t p = 0; p < PHASES; p++) {
        s->plan.reps[p] = phase_is_once(p);
    }
    for (size_t i = 0; i < s->plan.count; i++) {
        s->plan.cells[i].cost_s = 0.001; /* as a sample of the mock */
    }
    s->path = text_copy(path);
    s->mock.speed = speed;
    progress_start(&s->progress, true);
    samples_load(path, &s->samples);
    s->info =
        (run_info_t){.run_id = text_copy("test"),
                     .manifest = json_object(),
                     .workloads = json_pack("[{s:s}, {s:s}]", "name", "heavy", "name", "light"),
                     .allocators = json_pack("[{s:s}, {s:s}]", "key", "hakmem", "key", "other"),
                     .seed = 7,
                     .margin = 0.02};
    s->sequence = (sequence_t){.options = &s->options,
                               .plan = &s->plan,
                               .info = &s->info,
                               .hakmem = &s->allocators.items[0],
                               .execution = {.plan = &s->plan,
                                             .samples = &s->samples,
                                             .file = samples_open(path),
                                             .executor = {mock_sample, &s->mock, NULL},
                                             .progress = &s->progress}};
}

static char *fresh_path(void) {
    char *path = text_copy("/tmp/hakmem-lab-test-XXXXXX");
    close(mkstemp(path));
    return path;
}

static void stage_end(stage_t *s) {
    close(s->sequence.execution.file);
    unlink(s->path);
}

static unsigned reps_of(const stage_t *s, const char *cell) {
    unsigned count = 0;
    for (size_t i = 0; i < s->samples.count; i++) {
        count += strcmp(s->samples.items[i].cell, cell) == 0;
    }
    return count;
}

/* A mock sample takes a millisecond. */
static void repetitions_go_where_they_decide(void **state) {
    (void)state;
    stage_t s;
    stage_make(&s, fresh_path(), mixed_speed, 0);
    s.options.full = true;
    assert_true(sequence_run(&s.sequence));
    assert_int_equal(reps_of(&s, "compare/light/other"), 8);
    assert_int_equal(reps_of(&s, "compare/light/hakmem-again"), 8);
    assert_true(reps_of(&s, "compare/heavy/other") > 12);
    assert_true(reps_of(&s, "compare/heavy/hakmem") >= reps_of(&s, "compare/heavy/other"));
    assert_int_equal(reps_of(&s, "grid/heavy/hakmem/2.00/1.30"), 3);
    stage_end(&s);
}

static void the_budget_ends_it(void **state) {
    (void)state;
    stage_t s;
    stage_make(&s, fresh_path(), mixed_speed, 0.2);
    assert_true(sequence_run(&s.sequence));
    double seconds = 0;
    for (size_t i = 0; i < s.samples.count; i++) {
        seconds += s.samples.items[i].elapsed_s;
    }
    assert_true(seconds <= 0.2 && seconds > 0.1);
    assert_int_equal(reps_of(&s, "compare/light/other"), 2);
    assert_true(reps_of(&s, "compare/heavy/other") > 10);
    assert_int_equal(json_array_size(s.sequence.left_out), 0);
    stage_end(&s);
}

static bool leaves_out(const stage_t *s, const char *name) {
    for (size_t i = 0; i < json_array_size(s->sequence.left_out); i++) {
        if (strcmp(json_string_value(json_array_get(s->sequence.left_out, i)), name) == 0) {
            return true;
        }
    }
    return false;
}

/* The grid shrinks first, then it goes, then workloads go, by name; the first one always stays,
 * with what carries a verdict. */
static void a_short_budget_leaves_out_by_name(void **state) {
    (void)state;
    stage_t s;
    mid_values = "1.01,1.25,1.60,2.00";
    stage_make(&s, fresh_path(), mixed_speed, 0.042);
    assert_true(sequence_run(&s.sequence));
    assert_true(leaves_out(&s, "heavy (every second value of its W_MAX grid)"));
    assert_int_equal(reps_of(&s, "grid/heavy/hakmem/1.25/1.10"), 0);
    assert_int_equal(reps_of(&s, "grid/heavy/hakmem/1.60/1.10"), 1); /* the default's row */
    assert_int_equal(reps_of(&s, "grid/heavy/hakmem/1.60/1.30"), 1);
    assert_int_equal(reps_of(&s, "grid/heavy/hakmem/2.00/1.10"), 1);
    /* resumed, with all samples there: it decides the same again, and measures nothing */
    close(s.sequence.execution.file);
    stage_make(&s, s.path, mixed_speed, 0.042);
    assert_true(sequence_run(&s.sequence));
    assert_int_equal(s.mock.count, 0);
    assert_true(leaves_out(&s, "heavy (every second value of its W_MAX grid)"));
    assert_false(leaves_out(&s, "heavy (its W_MAX grid)"));
    stage_end(&s);
    stage_make(&s, fresh_path(), mixed_speed, 0.02);
    assert_true(sequence_run(&s.sequence));
    assert_true(leaves_out(&s, "heavy (its W_MAX grid)"));
    assert_int_equal(reps_of(&s, "grid/heavy/hakmem/2.00/1.10"), 0);
    assert_false(leaves_out(&s, "light"));
    assert_true(reps_of(&s, "compare/light/other") >= 2);
    stage_end(&s);
    stage_make(&s, fresh_path(), mixed_speed, 0.001);
    assert_true(sequence_run(&s.sequence));
    assert_true(leaves_out(&s, "light") && leaves_out(&s, "the closer look at latency"));
    assert_int_equal(reps_of(&s, "compare/heavy/other"), 2);
    assert_int_equal(reps_of(&s, "compare/light/other"), 0);
    stage_end(&s);
    mid_values = NULL;
}

static verdict_t verdict_of(const stage_t *s, const char *workload, const char *allocator) {
    static analysis_t analysis;
    analysis_make(&s->info, &s->samples, &analysis);
    const cell_stats_t *cell = analysis_find(&analysis, PHASE_COMPARE, workload, allocator, 0, 0);
    assert_non_null(cell);
    return cell->verdict[MEASURE_THROUGHPUT];
}

static void an_injected_slowdown_is_found_and_a_twin_is_not(void **state) {
    (void)state;
    stage_t s;
    stage_make(&s, fresh_path(), two_percent_slower, 0);
    s.options.full = true;
    assert_true(sequence_run(&s.sequence));
    assert_int_equal(verdict_of(&s, "heavy", "other"), VERDICT_LOWER);
    assert_int_equal(verdict_of(&s, "light", "other"), VERDICT_LOWER);
    assert_int_equal(verdict_of(&s, "heavy", "hakmem-again"), VERDICT_EQUIVALENT);
    stage_end(&s);
    stage_make(&s, fresh_path(), all_equal, 0);
    s.options.full = true;
    assert_true(sequence_run(&s.sequence));
    assert_int_equal(verdict_of(&s, "heavy", "other"), VERDICT_EQUIVALENT);
    assert_int_equal(verdict_of(&s, "light", "other"), VERDICT_EQUIVALENT);
    stage_end(&s);
}

/* On the grid 2.00/1.30 is much faster by chance, and 1.60/1.10 not; `chance_alone` says which kind
 * it is, and `scatter` how launches differ. */
static bool chance_alone;
static double scatter;

static double lucky_speed(const cell_t *cell, unsigned rep) {
    bool stands_out = cell->wmax_mid > WMAX_MID_DEFAULT && cell->wmax_large == WMAX_LARGE_DEFAULT;
    bool lucky = stands_out && (cell->phase == PHASE_GRID || !chance_alone);
    return 1e6 * (lucky ? 1.2 : 1) * (1 + noise(cell, rep, scatter));
}

/* What four fresh launches do not bear out is confirmed no further; what they do is, until it is
 * sure. */
static void luck_on_the_grid_is_soon_seen_through(void **state) {
    (void)state;
    static const unsigned least[] = {4, 4, 5}, most[] = {4, 4, 12};
    for (int real = 0; real <= 2; real++) {
        stage_t s;
        chance_alone = real == 0;
        scatter = real == 2 ? 0.2 : 0.004;
        stage_make(&s, fresh_path(), lucky_speed, 0);
        assert_true(sequence_run(&s.sequence));
        unsigned reps = reps_of(&s, "confirm/heavy/hakmem/2.00/1.30");
        assert_int_equal(reps_of(&s, "confirm/heavy/hakmem/1.60/1.30"), reps);
        assert_int_equal(reps_of(&s, "confirm/heavy/hakmem-again/1.60/1.30"), 4);
        assert_in_range(reps, least[real], most[real]);
        analysis_t analysis;
        recommendations_t all;
        analysis_make(&s.info, &s.samples, &analysis);
        recommend(&analysis, &all);
        assert_int_equal(all.items[0].decision, real ? DECISION_CHANGE : DECISION_UNCONFIRMED);
        /* resumed, with all samples there: it decides the same again */
        close(s.sequence.execution.file);
        stage_make(&s, s.path, lucky_speed, 0);
        assert_true(sequence_run(&s.sequence));
        assert_int_equal(s.mock.count, 0);
        stage_end(&s);
    }
}

/* Memory at the end, of which two dozen launches could not show that it is no more, ends a
 * confirmation; not so what scatters as much and is much less. */
static double end_of_lucky;
static double scattered_end(const cell_t *cell, unsigned rep) {
    bool stands_out = cell->wmax_mid > WMAX_MID_DEFAULT && cell->wmax_large == WMAX_LARGE_DEFAULT;
    return 1.2e6 * (stands_out ? end_of_lucky : 1) * (1 + noise(cell, rep + 50, 0.3));
}

static void what_cannot_be_shown_is_not_waited_for(void **state) {
    (void)state;
    chance_alone = false;
    scatter = 0.1;
    for (int less = 0; less <= 1; less++) {
        stage_t s;
        end_of_lucky = less ? 0.6 : 1;
        stage_make(&s, fresh_path(), lucky_speed, 0);
        s.mock.steady = scattered_end;
        assert_true(sequence_run(&s.sequence));
        unsigned reps = reps_of(&s, "confirm/heavy/hakmem/2.00/1.30");
        assert_in_range(reps, 4, 10);
        analysis_t analysis;
        recommendations_t all;
        analysis_make(&s.info, &s.samples, &analysis);
        recommend(&analysis, &all);
        assert_int_equal(all.items[0].decision, less ? DECISION_CHANGE : DECISION_UNCONFIRMED);
        stage_end(&s);
    }
}

/* ---- killed ---- */

static json_t *slow_sample(void *context, const cell_t *cell, unsigned rep, unsigned order) {
    usleep(300);
    return mock_sample(context, cell, rep, order);
}

/* The run in a process of its own, as the lab's; `after_us` later it is killed (0: it may end).
 * True when it came to its end. */
static bool run_in_child(const char *path, useconds_t after_us) {
    pid_t child = fork();
    if (child == 0) {
        static stage_t s;
        stage_make(&s, path, mixed_speed, 0.25);
        s.sequence.execution.executor.sample = slow_sample;
        _exit(sequence_run(&s.sequence) ? 0 : 1);
    }
    if (after_us > 0) {
        usleep(after_us);
        kill(child, SIGKILL);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* "cell rep order" of every sample, sorted: of the file, each line once. */
static char *set_of(const char *path) {
    char *script =
        text_format("sed -nE 's/.*\"cell\": ?\"([^\"]*)\".*\"rep\": ?([0-9]+),\"order\": "
                    "?([0-9]+).*/\\1 \\2 \\3/p' %s | sort",
                    path);
    const char *const argv[] = {"sh", "-c", script, NULL};
    return capture(argv);
}

static void a_run_killed_ten_times_has_the_same_samples(void **state) {
    (void)state;
    char *undisturbed = fresh_path(), *killed = fresh_path();
    unsigned kills = 0, hash = 12345;
    assert_true(run_in_child(undisturbed, 0));
    while (kills < KILLS) {
        hash = hash * 1103515245u + 12345;
        if (run_in_child(killed, 2000 + (hash >> 16) % 12000)) {
            assert_int_equal(truncate(killed, 0), 0); /* it was whole too soon: once more */
            kills = 0;
        } else {
            kills++;
        }
    }
    assert_true(run_in_child(killed, 0));
    char *expected = set_of(undisturbed), *found = set_of(killed);
    assert_true(strlen(expected) > 1000);
    assert_string_equal(found, expected);
    unlink(undisturbed);
    unlink(killed);
}

static void only_one_writes(void **state) {
    (void)state;
    char *path = fresh_path();
    int file = samples_open(path);
    pid_t child = fork();
    if (child == 0) {
        close(STDERR_FILENO);
        samples_open(path);
        _exit(0);
    }
    int status = -1;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    close(file);
    unlink(path);
}

/* A file that may not grow any further stands for a full disk: the write is cut short. */
static void a_full_disk_loses_no_sample(void **state) {
    (void)state;
    char *path = fresh_path();
    pid_t child = fork();
    if (child == 0) {
        static stage_t s;
        stage_make(&s, path, mixed_speed, 0.2);
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){10000, 10000});
        close(STDERR_FILENO);
        open("/dev/null", O_WRONLY);
        _exit(sequence_run(&s.sequence) ? 0 : 9);
    }
    int status = -1;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    samples_t samples;
    samples_load(path, &samples);
    assert_true(samples.count > 5);
    assert_int_equal(samples.unreadable, 0);
    assert_true(run_in_child(path, 0)); /* there is room again */
    char *undisturbed = fresh_path();
    assert_true(run_in_child(undisturbed, 0));
    assert_string_equal(set_of(path), set_of(undisturbed));
    unlink(path);
    unlink(undisturbed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repetitions_go_where_they_decide),
        cmocka_unit_test(the_budget_ends_it),
        cmocka_unit_test(a_short_budget_leaves_out_by_name),
        cmocka_unit_test(an_injected_slowdown_is_found_and_a_twin_is_not),
        cmocka_unit_test(luck_on_the_grid_is_soon_seen_through),
        cmocka_unit_test(what_cannot_be_shown_is_not_waited_for),
        cmocka_unit_test(a_run_killed_ten_times_has_the_same_samples),
        cmocka_unit_test(only_one_writes),
        cmocka_unit_test(a_full_disk_loses_no_sample),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
