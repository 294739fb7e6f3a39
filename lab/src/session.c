/*
 * session.c - a run from start to end. See session.h.
 *
 * How many repetitions there are is fixed after the first block, in which every cell ran once: by
 * then the cost of a block is measured, not guessed. The number is in the manifest, so a resumed
 * run keeps it.
 */
#include "session.h"

#include "file.h"
#include "launch.h"
#include "machine.h"
#include "machine_lock.h"
#include "machine_type.h"
#include "manifest.h"
#include "process.h"
#include "programs.h"
#include "report.h"
#include "sequence.h"
#include "text.h"
#include "waste.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* For the report and the proofs before the first sample; of waste, per allocator, for --dry-run. */
enum { REPORT_RESERVE_S = 8, WASTE_S = 4 };

typedef struct session {
    const char *root;
    options_t *options;
    char *folder;
    catalogue_t workloads;
    allocator_list_t allocators;
    plan_t plan;
    samples_t samples;
    run_info_t info;
    progress_t progress;
    process_context_t process;
} session_t;

static char *stamp(const options_t *options) {
    time_t now = time(NULL);
    struct tm parts;
    char text[32];
    gmtime_r(&now, &parts);
    strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
    return text_format("%s-%s%s", text, command_name(options->command),
                       options->full ? "-full" : "");
}

static void choose(session_t *s) {
    if (s->options->command == COMMAND_CHECK_POWER && s->options->workloads.count == 0) {
        text_list_add(&s->options->workloads, "small");
    }
    catalogue_t catalogue;
    allocator_list_t table;
    catalogue_load(text_format("%s/workloads/catalogue", s->root), &catalogue);
    catalogue_select(&catalogue, &s->options->workloads, s->options->command == COMMAND_PEERS,
                     &s->workloads);
    baselines_load(s->root, &table);
    text_list_t only_hakmem = {0};
    text_list_add(&only_hakmem, "hakmem");
    command_t command = s->options->command;
    bool alone = command == COMMAND_CHECK_NOISE || command == COMMAND_CHECK_POWER;
    baselines_select(&table, alone ? &only_hakmem : &s->options->allocators, &s->allocators);
    plan_build(s->options, &s->workloads, &s->allocators, &s->plan);
}

/* Waste by size belongs to the allocator; who names workloads has asked about something else. */
static bool has_waste(const session_t *s) {
    const options_t *o = s->options;
    return !o->no_waste &&
           (o->command == COMMAND_PEERS || (o->command == COMMAND_SWEEP && o->unnamed));
}

/* Of the time for the whole run, what is not of samples: waste is measured by then. */
static double reserve_s(const session_t *s) {
    double report_s = s->options->is_part || s->options->command == COMMAND_CHECK_NOISE ||
                              s->options->command == COMMAND_CHECK_POWER
                          ? 2 /* it draws nothing */
                          : REPORT_RESERVE_S;
    waste_list_t there = {0};
    double waste_s = 0;
    if (s->folder) { /* a preview has none */
        waste_load(text_format("%s/waste.jsonl", s->folder), &there);
    }
    for (size_t i = 0; i < there.count; i++) {
        waste_s += there.items[i].elapsed_s;
    }
    return report_s + waste_s;
}

static double elapsed_s(const session_t *s) {
    return (double)(clock_now_ns() - s->progress.start_ns) / 1e9;
}

/* Waste by size: once per allocator, since it hardly varies. */
static bool measure_waste(session_t *s) {
    waste_list_t there;
    char *path = text_format("%s/waste.jsonl", s->folder);
    waste_load(path, &there);
    int file = has_waste(s) ? samples_open(path) : -1;
    bool whole = true;
    for (size_t i = 0; has_waste(s) && whole && i < s->allocators.count; i++) {
        const allocator_t *a = &s->allocators.items[i];
        if (waste_has(&there, a->key)) {
            continue;
        }
        progress_note(&s->progress, "Waste by size of %s", a->key);
        json_t *record = process_waste(&s->process, a);
        whole = record != NULL;
        if (whole) {
            record_append(file, record);
        }
        json_decref(record);
    }
    if (file >= 0) {
        close(file);
    }
    return whole;
}

static sequence_t sequence_of(session_t *s) {
    return (sequence_t){.options = s->options,
                        .plan = &s->plan,
                        .info = &s->info,
                        .folder = s->folder,
                        .hakmem = &s->allocators.items[0],
                        .reserve_s = reserve_s(s)};
}

static int measure(session_t *s) {
    s->process.result_path = text_format("%s/.result.json", s->folder);
    bool whole = measure_waste(s);
    sequence_t sequence = sequence_of(s);
    sequence.execution =
        (execution_t){.plan = &s->plan,
                      .samples = &s->samples,
                      .file = samples_open(text_format("%s/samples.jsonl", s->folder)),
                      .executor = process_executor(&s->process),
                      .progress = &s->progress};
    whole = whole && sequence_run(&sequence);
    progress_end(&s->progress);
    close(sequence.execution.file);
    if (!whole) {
        warn("interrupted after %zu samples; nothing is lost. Go on with:\n"
             "    ./run_sweep --resume %s",
             s->samples.count, s->folder);
        return 130;
    }
    json_t *facts = machine_facts();
    json_object_set_new(s->info.manifest, "machine_at_end", facts);
    json_object_set_new(s->info.manifest, "warnings_at_end", machine_warnings(facts));
    json_object_set_new(s->info.manifest, "ended_unix_ns",
                        json_integer((json_int_t)clock_unix_ns()));
    manifest_write(s->folder, s->info.manifest);
    progress_note(&s->progress, "%zu samples in %s%s", s->samples.count,
                  text_duration(elapsed_s(s)), s->options->is_part ? "" : "; drawing");
    const char *changed = manifest_changed_file(s->root, s->info.manifest);
    int status = s->options->is_part ? 0 : report_make(s->root, s->folder, s->options);
    progress_note(&s->progress, "Total time: %s", text_duration(elapsed_s(s)));
    if (changed) {
        warn("%s was replaced while the run went on: its samples are of two different files",
             changed);
        return 1;
    }
    return status;
}

static void prepare(session_t *s, json_t *hakmem_options) {
    s->process =
        (process_context_t){.root = s->root,
                            .result_path = text_format("/tmp/hakmem-proof-%d.json", (int)getpid()),
                            .options = s->options,
                            .hakmem_options = hakmem_options};
    launch_catch_signals();
    machine_lock_take(MACHINE_LOCK_PATH, s->folder); /* the time of the run begins behind it */
    progress_start(&s->progress, s->options->quiet);
    if (has_waste(s) && !file_exists(text_format("%s/" WASTE_PROGRAM, s->root))) {
        fail(WASTE_PROGRAM " is not built: run ./build.sh");
    }
    process_prove(&s->process, &s->workloads, &s->allocators);
}

static int start(session_t *s, int argc, char **argv) {
    char *run_id = stamp(s->options);
    s->folder = s->options->out ? s->options->out : text_format("%s/results/%s", s->root, run_id);
    if (file_is_there(s->folder) && !folder_is_empty(s->folder)) {
        fail_usage("%s is there already: a run needs a folder of its own", s->folder);
    }
    json_t *hakmem_options = process_hakmem_options();
    prepare(s, hakmem_options); /* before the folder: a run that cannot start leaves none */
    folder_make(s->folder);
    s->folder = path_real(s->folder);
    manifest_write(s->folder, manifest_make(s->root, run_id, argc, argv, s->options, &s->workloads,
                                            &s->allocators, hakmem_options));
    manifest_load(s->folder, &s->info);
    const json_t *warnings = json_object_get(s->info.manifest, "warnings");
    for (size_t i = 0; i < json_array_size(warnings); i++) {
        progress_note(&s->progress, "Bad for measuring: %s",
                      json_string_value(json_array_get(warnings, i)));
    }
    progress_note(&s->progress,
                  "Run %s: %zu workloads, %zu allocators, each proven to serve malloc", run_id,
                  s->workloads.count, s->allocators.count);
    return measure(s);
}

/* A run is of one machine, and of what was measured in it. */
static void refuse_to_resume(const session_t *s) {
    if (json_object_get(s->info.manifest, "merged_from")) {
        fail("%s is merged from other runs: resume those, and merge again", s->folder);
    }
    const char *other =
        machine_difference(json_object_get(s->info.manifest, "machine"), machine_facts());
    if (other) {
        fail("the run began on another machine (%s): finish it there, or start a new run here and "
             "join both by ./run_sweep merge",
             other);
    }
}

static int resume(session_t *s) {
    s->folder = report_find(s->root, s->options->resume);
    manifest_load(s->folder, &s->info);
    refuse_to_resume(s);
    const char *changed = manifest_changed_file(s->root, s->info.manifest);
    if (changed) {
        fail("%s is not what the run began with: its samples cannot be mixed with new ones; start "
             "a new run",
             changed);
    }
    options_t *o = s->options;
    options_t again = {.quiet = o->quiet, .json = o->json};
    options_from_json(json_object_get(s->info.manifest, "options"), &again);
    *o = again;
    for (size_t i = 0; o->allocators.count == 0 && i < json_array_size(s->info.allocators); i++) {
        /* "all" were these, whatever was built since */
        text_list_add(&again.allocators, json_string_value(json_object_get(
                                             json_array_get(s->info.allocators, i), "key")));
    }
    o->allocators = again.allocators;
    choose(s);
    const char *program =
        programs_changed(s->root, &s->workloads, json_object_get(s->info.manifest, "programs"));
    if (program) {
        fail("%s is not the program that the run began with, or not its version; start a new run",
             program);
    }
    samples_load(text_format("%s/samples.jsonl", s->folder), &s->samples);
    prepare(s, json_object_get(s->info.manifest, "hakmem_options"));
    progress_note(&s->progress, "Run %s goes on: %zu samples are there", s->info.run_id,
                  s->samples.count);
    return measure(s);
}

static void print_names(const session_t *s) {
    printf("Workloads:");
    for (size_t i = 0; i < s->workloads.count; i++) {
        printf(" %s", s->workloads.items[i].name);
    }
    printf("\nAllocators:");
    for (size_t i = 0; i < s->allocators.count; i++) {
        printf(" %s", s->allocators.items[i].key);
    }
    putchar('\n');
}

static int dry_run(session_t *s) {
    static const char *const once[] = {"latency samples", "memory samples (rests overlap)",
                                       "samples under a counter of system calls"};
    const options_t *o = s->options;
    unsigned *r = s->plan.reps;
    sequence_t sequence = sequence_of(s);
    sequence_preview(&sequence);
    printf("Would measure (waste and the comparison first, closer looks where time is left):\n");
    if (has_waste(s)) {
        printf("  %5zu measurements of waste by size, about %s\n", s->allocators.count,
               text_duration(WASTE_S * (double)s->allocators.count));
    }
    printf("  %5zu comparison cells x %u launches%s, about %s\n",
           plan_cell_count(&s->plan, PHASE_COMPARE), r[PHASE_COMPARE],
           o->reps ? "" : " at least, more while undecided",
           text_duration(r[PHASE_COMPARE] * plan_block_cost(&s->plan, PHASE_COMPARE, NULL)));
    size_t cells = plan_cell_count(&s->plan, PHASE_GRID);
    if (cells > 0) {
        printf("  %5zu grid cells (W_MAX mid %s, large %s) x %u, about %s\n"
               "        then, where the grid suggests a change, up to %u fresh launches\n",
               cells, dec_list_print(&o->wmax_mid), dec_list_print(&o->wmax_large), r[PHASE_GRID],
               text_duration(r[PHASE_GRID] * plan_block_cost(&s->plan, PHASE_GRID, NULL)),
               r[PHASE_CONFIRM]);
    }
    for (phase_t p = 0; phase_is_once(p); p++) {
        if (plan_cell_count(&s->plan, p) > 0) {
            printf("  %5zu %s, about %s\n", plan_cell_count(&s->plan, p), once[p],
                   text_duration(plan_block_cost(&s->plan, p, NULL)));
        }
    }
    if (plan_cell_count(&s->plan, PHASE_SCALING) > 0) {
        printf("  %5zu cells of scaling with threads x %u\n",
               plan_cell_count(&s->plan, PHASE_SCALING), r[PHASE_SCALING]);
    }
    printf("Times are the catalogue's, for a fast allocator.\n");
    if (o->budget_s > 0) {
        printf("The whole run takes at most %s: repetitions shrink, then workloads are left out.\n",
               text_duration(o->budget_s));
    }
    print_names(s);
    printf("Cells:\n");
    for (size_t i = 0; i < s->plan.count; i++) {
        printf("  %s\n", s->plan.cells[i].id);
    }
    return 0;
}

int session_list(const char *root) {
    catalogue_t workloads;
    allocator_list_t allocators;
    catalogue_load(text_format("%s/workloads/catalogue", root), &workloads);
    baselines_load(root, &allocators);
    printf("Workloads (* 33 KB-heavy: in the W_MAX grid; - in peers only, or if named; programs: "
           "if named)\n");
    for (size_t i = 0; i < workloads.count; i++) {
        const workload_t *w = &workloads.items[i];
        printf("  %s%s %-24s %-14s %-10s %s\n", w->heavy33 ? "*" : " ", w->sweep ? " " : "-",
               w->name, w->group, w->source, w->title);
    }
    printf("\nAllocators (- if named)\n");
    for (size_t i = 0; i < allocators.count; i++) {
        const allocator_t *a = &allocators.items[i];
        if (a->path || !a->recipe) {
            printf("   %s %-24s %-25s %s\n", a->by_default ? " " : "-", a->key, a->version,
                   a->path ? a->path : text_format("not there: %s", a->how));
        }
    }
    printf("\nAllocators that could be built, from sources that you have\n");
    for (size_t i = 0; i < allocators.count; i++) {
        const allocator_t *a = &allocators.items[i];
        if (!a->path && a->recipe) {
            printf("     %-24s %s\n", a->key, a->environment ? "likewise" : a->how);
        }
    }
    return 0;
}

int session_run(const char *root, options_t *options, int argc, char **argv) {
    session_t *s = text_alloc(sizeof *s);
    s->root = root;
    s->options = options;
    if (options->resume) {
        return resume(s);
    }
    choose(s);
    return options->dry_run ? dry_run(s) : start(s, argc, argv);
}
