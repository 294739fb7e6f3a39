/*
 * test_merge.c - runs of several machines, joined: nothing is lost, nothing counts twice, no
 * comparison crosses machines; what cannot be joined is refused by name.
 */
#include "file.h"
#include "machines_show.h"
#include "merge.h"
#include "mock.h"
#include "said.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <unistd.h>

enum { LAUNCHES = 8 };

static double other_speed; /* over hakmem's */
static double all_speed;

static double noise(const cell_t *cell, unsigned rep) {
    unsigned hash = rep * 2654435761u + 99;
    for (const char *c = cell->id; *c; c++) {
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    }
    hash = (hash ^ hash >> 15) * 2246822519u;
    return 1 + ((double)(hash >> 8 & 0xffff) / 65536 - 0.5) * 0.01;
}

static double speed(const cell_t *cell, unsigned rep) {
    return all_speed * noise(cell, rep) * (cell->allocator->is_hakmem ? 1 : other_speed);
}

static char *all_folders; /* removed at the end */

static char *fresh_folder(void) {
    char *folder = text_format("%s/XXXXXX", all_folders);
    assert_non_null(mkdtemp(folder));
    return folder;
}

static int make_room(void **state) {
    (void)state;
    all_folders = text_copy("/tmp/hakmem-lab-test-XXXXXX");
    return mkdtemp(all_folders) ? 0 : 1;
}

static int remove_room(void **state) {
    (void)state;
    return system(text_format("rm -rf %s", all_folders));
}

static json_t *manifest_of(const char *cpu) {
    return json_pack(
        "{s:s, s:I, s:I, s:i, s:{s:s, s:i, s:b, s:i}, s:{s:s, s:i, s:s}, s:{s:s, s:b}, s:{}, "
        "s:[{s:s, s:[s, s], s:s}, {s:s, s:[s], s:s}], "
        "s:[{s:s, s:s, s:s, s:s, s:s}, {s:s, s:s, s:s, s:s, s:s}], s:{s:s, s:s}}",
        "run_id", "run", "started_unix_ns", (json_int_t)clock_unix_ns(), "ended_unix_ns",
        (json_int_t)clock_unix_ns(), "seed", 1, "options", "command", "sweep", "threads", 0,
        "seed_given", 0, "seed", 33, "machine", "cpu", cpu, "cores", 2, "architecture", "x86_64",
        "source", "commit", "c0ffee", "modified", 0, "hakmem_options", "workloads", "name", "heavy",
        "command", "bin/mid33", "some.trace", "touch", "page", "name", "light", "command",
        "bin/small", "touch", "page", "allocators", "key", "hakmem", "name", "hakmem", "package",
        "-", "version", "1", "sha256", "aa", "key", "other", "name", "other", "package", "libother",
        "version", "1", "sha256", "bb", "files", "bin/mid33", "11", "some.trace", "22");
}

/* A run of `launches` launches of the comparison, on a machine of this CPU. */
static char *make_run(const char *cpu, unsigned launches) {
    options_t options;
    catalogue_t workloads;
    allocator_list_t allocators;
    plan_t plan = {0};
    samples_t samples = {0};
    progress_t progress;
    mock_t *mock = text_alloc(sizeof *mock);
    char *folder = fresh_folder();
    mock_plan(&options, &workloads, &allocators, &plan);
    mock->speed = speed;
    progress_start(&progress, true);
    progress.total = 10000;
    execution_t execution = {.plan = &plan,
                             .samples = &samples,
                             .file = samples_open(text_format("%s/samples.jsonl", folder)),
                             .executor = {mock_sample, mock},
                             .progress = &progress};
    for (unsigned rep = 0; rep < launches; rep++) {
        assert_true(execute_repetition(&execution, PHASE_COMPARE, rep));
    }
    close(execution.file);
    json_t *manifest = manifest_of(cpu);
    json_object_set_new(manifest, "run_id", json_string(folder));
    manifest_write(folder, manifest);
    json_decref(manifest);
    return folder;
}

static merge_counts_t merge(const char *out, const char *one, const char *two, const char *three) {
    const char *const all[] = {one, two, three};
    text_list_t runs = {0};
    merge_counts_t counts;
    for (size_t i = 0; i < 3; i++) {
        if (all[i]) {
            text_list_add(&runs, all[i]);
        }
    }
    merge_runs(&runs, out, &counts);
    return counts;
}

static void read_machine(const char *folder, size_t place, samples_t *out) {
    text_list_t machines = {0};
    merge_machines(folder, &machines);
    assert_true(place < machines.count);
    samples_load(text_format("%s/samples.jsonl", machines.items[place]), out);
}

static char *samples_text(const char *folder) {
    text_list_t machines = {0};
    merge_machines(folder, &machines);
    char *out = text_copy("");
    for (size_t i = 0; i < machines.count; i++) {
        out =
            text_format("%s%s", out, file_read(text_format("%s/samples.jsonl", machines.items[i])));
    }
    return out;
}

static void start_equal(void) {
    other_speed = 0.9;
    all_speed = 1e6;
}

/* ---- what is kept ---- */

static void machines_stay_apart(void **state) {
    (void)state;
    start_equal();
    char *out = text_format("%s/merged", fresh_folder());
    char *quick = make_run("quick", 3);
    all_speed = 1e5;
    char *slow = make_run("slow", 2);
    merge_counts_t counts = merge(out, quick, slow, NULL);
    samples_t own, joined;
    assert_int_equal(counts.machines, 2);
    assert_int_equal(counts.twice, 0);
    const char *const folders[] = {quick, slow};
    for (size_t m = 0; m < 2; m++) {
        samples_load(text_format("%s/samples.jsonl", folders[m]), &own);
        read_machine(out, m, &joined);
        assert_int_equal(joined.count, own.count);
        assert_int_equal(joined.unreadable, 0);
        for (size_t i = 0; i < own.count; i++) {
            assert_string_equal(joined.items[i].cell, own.items[i].cell);
            assert_int_equal(joined.items[i].rep, own.items[i].rep);
            assert_true(joined.items[i].wall_ns == own.items[i].wall_ns);
        }
    }
    assert_true(merge_is_run(out));
    assert_false(merge_is_run(quick));
    assert_null(merge_only_machine(out));
    assert_string_equal(merge_only_machine(quick), quick);
}

static void the_same_is_kept_once(void **state) {
    (void)state;
    start_equal();
    char *run = make_run("quick", 3);
    char *once = text_format("%s/once", fresh_folder());
    char *twice = text_format("%s/twice", fresh_folder());
    size_t samples = merge(once, run, NULL, NULL).samples;
    merge_counts_t counts = merge(twice, run, run, NULL);
    assert_true(samples > 0);
    assert_int_equal(counts.samples, samples);
    assert_int_equal(counts.twice, samples);
    assert_int_equal(counts.runs, 1);
    assert_string_equal(samples_text(once), samples_text(twice));
}

static void merging_again_changes_nothing(void **state) {
    (void)state;
    start_equal();
    char *out = text_format("%s/merged", fresh_folder());
    char *other = text_format("%s/other", fresh_folder());
    char *a = make_run("quick", 2), *b = make_run("slow", 2), *c = make_run("quick", 1);
    merge(out, a, b, c);
    char *before = samples_text(out);
    char *manifest = file_read(text_format("%s/manifest.json", out));
    assert_int_equal(merge(out, c, a, b).samples, merge(other, out, a, NULL).samples);
    assert_string_equal(samples_text(out), before);
    assert_string_equal(samples_text(other), before);
    assert_string_equal(file_read(text_format("%s/manifest.json", out)), manifest);
}

static void equal_machines_give_more_launches(void **state) {
    (void)state;
    start_equal();
    char *out = text_format("%s/merged", fresh_folder());
    samples_t joined;
    merge(out, make_run("quick", 3), make_run("quick", 2), NULL);
    read_machine(out, 0, &joined);
    assert_int_equal(joined.count, 5 * 2 * 3); /* launches, workloads, cells */
    for (unsigned rep = 0; rep < 5; rep++) {
        assert_true(samples_has(&joined, "compare/heavy/hakmem", rep));
        assert_true(samples_has(&joined, "compare/light/other", rep));
    }
    assert_false(samples_has(&joined, "compare/heavy/hakmem", 5));
    /* a launch stays one: what stands beside each other was measured beside each other */
    for (size_t i = 0; i < joined.count; i += 3) {
        assert_int_equal(joined.items[i].rep, joined.items[i + 2].rep);
    }
}

/* A run that went on after it was merged: what is new is added under the numbers that are free. */
static void a_later_state_adds_what_is_new(void **state) {
    (void)state;
    start_equal();
    char *run = make_run("quick", 3), *before = fresh_folder();
    char *out = text_format("%s/merged", fresh_folder());
    char *all = file_read(text_format("%s/samples.jsonl", run)), *cut = all;
    for (size_t line = 0; line < 8; line++) { /* the second launch is begun */
        cut = strchr(cut, '\n') + 1;
    }
    file_write(text_format("%s/samples.jsonl", before), text_format("%.*s", (int)(cut - all), all));
    file_write(text_format("%s/manifest.json", before),
               file_read(text_format("%s/manifest.json", run)));
    assert_int_equal(merge(out, before, NULL, NULL).samples, 8);
    merge_counts_t counts = merge(out, run, NULL, NULL);
    samples_t joined;
    read_machine(out, 0, &joined);
    assert_int_equal(joined.count, 18);
    assert_int_equal(counts.twice, 8);
    for (size_t i = 0; i < joined.count; i++) {
        assert_true(joined.items[i].rep < 3);
    }
}

/* ---- what cannot be joined ---- */

typedef struct pair {
    const char *a, *b;
} pair_t;

static void try_merge(void *context) {
    const pair_t *pair = context;
    merge(text_format("%s/merged", pair->a), pair->a, pair->b, NULL);
}

/* What is said of a run and one whose manifest has been changed by `change`. */
static const char *said_after(void (*change)(json_t *manifest), int *status) {
    start_equal();
    pair_t pair = {make_run("quick", 1), make_run("slow", 1)};
    char *path = text_format("%s/manifest.json", pair.b);
    json_t *manifest = json_load_file(path, 0, NULL);
    change(manifest);
    manifest_write(pair.b, manifest);
    const char *said = said_by(try_merge, &pair, status);
    assert_int_equal(file_exists(text_format("%s/merged", pair.a)), *status == 0);
    return said;
}

static json_t *row(json_t *manifest, const char *list, size_t place) {
    return json_array_get(json_object_get(manifest, list), place);
}
static void other_version(json_t *m) {
    json_object_set_new(row(m, "allocators", 1), "version", json_string("2"));
}
static void other_build(json_t *m) {
    json_object_set_new(row(m, "allocators", 0), "sha256", json_string("ab"));
    json_object_set_new(json_object_get(m, "files"), "bin/mid33", json_string("12"));
}
static void other_changed_build(json_t *m) {
    other_build(m);
    json_object_set_new(json_object_get(m, "source"), "modified", json_true());
}
static void other_package(json_t *m) {
    json_object_set_new(row(m, "allocators", 1), "sha256", json_string("bc"));
}
static void other_architecture(json_t *m) {
    other_package(m);
    json_object_set_new(json_object_get(m, "machine"), "architecture", json_string("aarch64"));
}
static void other_command(json_t *m) {
    json_array_append_new(json_object_get(row(m, "workloads", 0), "command"), json_string("--ops"));
}
static void other_trace(json_t *m) {
    json_object_set_new(json_object_get(m, "files"), "some.trace", json_string("23"));
}
static void other_settings(json_t *m) {
    json_object_set_new(json_object_get(m, "hakmem_options"), "HAKMEM_HARDEN", json_string("1"));
}
static void other_threads(json_t *m) {
    json_object_set_new(json_object_get(m, "options"), "threads", json_integer(4));
}
static void other_kind(json_t *m) {
    json_object_set_new(json_object_get(m, "options"), "command", json_string("check-noise"));
}
static void nothing(json_t *m) {
    (void)m;
}

static void what_differs_is_named(void **state) {
    (void)state;
    static const struct {
        void (*change)(json_t *manifest);
        const char *said; /* NULL: it is joined */
    } cases[] = {{nothing, NULL},
                 {other_build, NULL},
                 {other_architecture, NULL},
                 {other_version, "allocator other: its version differs: \"1\" in"},
                 {other_changed_build, "allocator hakmem: its library"},
                 {other_package, "allocator other: its library"},
                 {other_command, "workload heavy: its command differs"},
                 {other_trace, "the content of some.trace differs"},
                 {other_settings, "what hakmem was set to differs"},
                 {other_threads, "threads differs: 0 in"},
                 {other_kind, "a run of check-noise"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int status;
        const char *said = said_after(cases[i].change, &status);
        if (!cases[i].said) {
            assert_string_equal(said, "");
        } else if (!strstr(said, cases[i].said) || status == 0) {
            fail_msg("'%s' instead of '%s'", said, cases[i].said);
        }
    }
}

/* ---- what holds on all machines ---- */

static const across_t *find_row(const machines_t *all, const char *workload, measure_t measure) {
    for (size_t i = 0; i < all->row_count; i++) {
        if (all->rows[i].measure == measure && strcmp(all->rows[i].workload, workload) == 0) {
            return &all->rows[i];
        }
    }
    fail_msg("no row of %s", workload);
    return NULL;
}

/* The other allocator is so fast on two machines, of which one is ten times as fast. */
static machines_t on_two_machines(double first, double second) {
    machines_t out;
    char *folder = text_format("%s/merged", fresh_folder());
    other_speed = first;
    all_speed = 1e6;
    char *quick = make_run("quick", LAUNCHES);
    other_speed = second;
    all_speed = 1e5;
    merge(folder, quick, make_run("slow", LAUNCHES), NULL);
    machines_make(folder, 0.02, &out);
    return out;
}

static void comparisons_stay_within_a_machine(void **state) {
    (void)state;
    machines_t all = on_two_machines(0.8, 0.8);
    assert_int_equal(all.count, 2);
    assert_int_equal(all.row_count, 4); /* two workloads, two measures */
    const across_t *row = find_row(&all, "heavy", MEASURE_THROUGHPUT);
    for (size_t m = 0; m < 2; m++) {
        assert_true(fabs(row->cells[m]->ratio[MEASURE_THROUGHPUT].mid - 0.8) < 0.01);
        assert_int_equal(row->cells[m]->ratio[MEASURE_THROUGHPUT].pairs, LAUNCHES);
    }
    assert_int_equal(row->hold, HOLD_ALL);
    assert_false(row->interacts);
    assert_string_equal(all.items[0].best, "hakmem");
}

static void a_verdict_that_turns_is_found(void **state) {
    (void)state;
    machines_t all = on_two_machines(0.8, 1.25);
    const across_t *speeds = find_row(&all, "light", MEASURE_THROUGHPUT);
    const across_t *peaks = find_row(&all, "light", MEASURE_PEAK);
    assert_int_equal(speeds->hold, HOLD_NOT);
    assert_true(speeds->interacts && speeds->p < 0.01);
    assert_true(fabs(speeds->factor - 1.25 / 0.8) < 0.03);
    assert_int_equal(peaks->hold, HOLD_ALL);
    assert_false(peaks->interacts);
    char *text = NULL;
    size_t bytes;
    FILE *memory = open_memstream(&text, &bytes);
    machines_print(memory, &all);
    fclose(memory);
    assert_non_null(strstr(text, "Of 2 verdicts on speed, 0 hold on all machines, 2 differ, 0 are "
                                 "open; 2 ratios depend on the machine"));
    assert_non_null(strstr(text, "memory: hakmem on A, other on B"));
}

/* The same verdict, and yet another ratio. */
static void a_verdict_may_hold_and_depend(void **state) {
    (void)state;
    machines_t all = on_two_machines(0.5, 0.8);
    const across_t *row = find_row(&all, "heavy", MEASURE_THROUGHPUT);
    assert_int_equal(row->hold, HOLD_ALL);
    assert_true(row->interacts);
    /* and one within the margin does not, however sure it is */
    all = on_two_machines(0.8, 0.808);
    assert_false(find_row(&all, "heavy", MEASURE_THROUGHPUT)->interacts);
}

/* With two groups, Welch's test is his t test: mean difference 0.2 with error 0.1 and 9 + 9 degrees
 * of freedom, so t = 2 of 18, whose p is in the tables. */
static void the_test_is_that_of_welch(void **state) {
    (void)state;
    double error = 0.1 / sqrt(2);
    interval_t two[] = {{.mid = 1, .pairs = 10, .error = error, .freedom = 9},
                        {.mid = exp(0.2), .pairs = 10, .error = error, .freedom = 9}};
    assert_true(fabs(machines_interaction(two, 2) - 0.06082) < 0.0002);
    assert_true(isnan(machines_interaction(two, 1)));
    two[1].error = NAN;
    assert_true(isnan(machines_interaction(two, 2)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(machines_stay_apart),
        cmocka_unit_test(the_same_is_kept_once),
        cmocka_unit_test(merging_again_changes_nothing),
        cmocka_unit_test(equal_machines_give_more_launches),
        cmocka_unit_test(a_later_state_adds_what_is_new),
        cmocka_unit_test(what_differs_is_named),
        cmocka_unit_test(comparisons_stay_within_a_machine),
        cmocka_unit_test(a_verdict_that_turns_is_found),
        cmocka_unit_test(a_verdict_may_hold_and_depend),
        cmocka_unit_test(the_test_is_that_of_welch),
    };
    return cmocka_run_group_tests(tests, make_room, remove_room);
}
