/*
 * count_main.c - the command `count` from start to end, and its report. See count.h.
 */
#include "count.h"
#include "count_compare.h"
#include "count_process.h"

#include "file.h"
#include "launch.h"
#include "machine.h"
#include "manifest.h"
#include "report.h"
#include "text.h"

#include <string.h>
#include <time.h>

/* Those that can be run in two lengths; what is left out is said. */
static void keep_countable(const options_t *o, catalogue_t *workloads) {
    size_t kept = 0;
    for (size_t i = 0; i < workloads->count; i++) {
        if (count_command(&workloads->items[i], o, 1)) {
            workloads->items[kept++] = workloads->items[i];
        } else {
            warn(
                "%s is not counted: it starts programs, or has neither --ops nor --loop. A program "
                "that bin/hakrec recorded can be: --workload TRACE",
                workloads->items[i].name);
        }
    }
    workloads->count = kept;
    if (kept == 0) {
        fail_usage("no workload that can be counted");
    }
}

static void choose(const char *root, const options_t *o, catalogue_t *workloads,
                   allocator_list_t *allocators) {
    catalogue_t all;
    allocator_list_t table;
    text_list_t wanted = o->allocators;
    catalogue_load(text_format("%s/workloads/catalogue", root), &all);
    catalogue_select(&all, &o->workloads, false, workloads);
    keep_countable(o, workloads);
    baselines_load(root, &table);
    if (wanted.count == 0) {
        text_list_add(&wanted, "hakmem");
    }
    baselines_select(&table, &wanted, allocators);
}

static int dry_run(const count_tasks_t *tasks) {
    printf("Would count, in this order:\n");
    for (size_t i = 0; i < tasks->count; i++) {
        const count_task_t *t = &tasks->items[i];
        printf(
            "  %s under %s: %s, length %u, repetition %u\n", t->workload->name, t->allocator->key,
            t->look == LOOK_INSTRUCTIONS ? "instructions" : "faults and calls", t->length, t->rep);
    }
    return 0;
}

static char *make_folder(const char *root, const options_t *o, const char *run_id) {
    char *folder = o->out ? o->out : text_format("%s/results/%s", root, run_id);
    if (file_exists(folder) && !folder_is_empty(folder)) {
        fail_usage("%s is there already: a run needs a folder of its own", folder);
    }
    return folder;
}

static char *stamp(void) {
    time_t now = time(NULL);
    struct tm parts;
    char text[32];
    gmtime_r(&now, &parts);
    strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
    return text_format("%s-count", text);
}

static int measure(const char *root, const char *folder, const options_t *o,
                   const count_tasks_t *tasks, process_context_t *context, progress_t *progress) {
    run_info_t info;
    manifest_load(folder, &info);
    context->result_path = text_format("%s/.count", folder);
    count_executor_t executor = count_process_executor(context);
    bool completed = count_execute(folder, tasks, &executor, progress);
    progress_end(progress);
    if (!completed) {
        warn("interrupted; nothing is lost. Go on with:\n    ./run_sweep --resume %s", folder);
        return 130;
    }
    json_object_set_new(info.manifest, "ended_unix_ns", json_integer((json_int_t)clock_unix_ns()));
    manifest_write(folder, info.manifest);
    const char *changed = manifest_changed_file(root, info.manifest);
    int status = count_report(root, folder, o);
    progress_note(progress, "Total time: %s",
                  text_duration((double)(clock_now_ns() - progress->start_ns) / 1e9));
    if (changed) {
        warn("%s was replaced while the run went on: its counts are of two different files",
             changed);
        return 1;
    }
    return status;
}

/* Takes all from the run. */
static char *resume(const char *root, options_t *o) {
    run_info_t info;
    char *folder = report_find(root, o->resume);
    manifest_load(folder, &info);
    const char *changed = manifest_changed_file(root, info.manifest);
    if (changed) {
        fail("%s is not what the run began with; start a new run", changed);
    }
    options_t again = {.quiet = o->quiet, .json = o->json, .resume = o->resume};
    options_from_json(json_object_get(info.manifest, "options"), &again);
    *o = again;
    return folder;
}

int count_main(const char *root, options_t *o, int argc, char **argv) {
    static process_context_t context;
    static progress_t progress;
    catalogue_t workloads;
    allocator_list_t allocators;
    count_tasks_t tasks;
    char *folder = o->resume ? resume(root, o) : NULL;
    if (o->against) { /* before minutes are spent */
        o->against = report_find(root, o->against);
        if (!count_is_run(o->against)) {
            fail_usage("--against %s: not a run of counts", o->against);
        }
    }
    choose(root, o, &workloads, &allocators);
    count_plan(&workloads, &allocators, o->reps, &tasks);
    if (o->dry_run) {
        return dry_run(&tasks);
    }
    count_process_check(root);
    json_t *hakmem_options = process_hakmem_options();
    context = (process_context_t){.root = root,
                                  .result_path = "/tmp/hakmem-count-proof.json",
                                  .options = o,
                                  .hakmem_options = hakmem_options};
    launch_catch_signals();
    progress_start(&progress, o->quiet);
    char *run_id = stamp();
    if (!folder) {
        folder = make_folder(root, o, run_id);
        process_prove(&context, &workloads, &allocators);
        folder_make(folder);
        folder = path_real(folder);
        manifest_write(folder, manifest_make(root, run_id, argc, argv, o, &workloads, &allocators,
                                             json_incref(hakmem_options)));
    } else {
        process_prove(&context, &workloads, &allocators);
    }
    progress_note(&progress, "%s: %zu workloads, %zu allocators, %u repetitions", folder,
                  workloads.count, allocators.count, o->reps);
    return measure(root, folder, o, &tasks, &context, &progress);
}

static size_t count_failed(const count_run_t *run) {
    size_t failed = 0;
    for (size_t i = 0; i < run->count; i++) {
        failed += run->rows[i].failed;
    }
    return failed;
}

int count_report(const char *root, const char *folder, const options_t *options) {
    static count_run_t run, old;
    static count_comparison_t comparison;
    run_info_t info;
    manifest_load(folder, &info);
    count_load(folder, &run);
    count_derive(&run);
    /* `report` has no options of its own: what the run was told is in its manifest */
    options_t made_with = {0};
    options_from_json(json_object_get(info.manifest, "options"), &made_with);
    bool compares = made_with.against && file_exists(made_with.against);
    if (made_with.against && !compares) {
        warn("%s, which this run was compared with, is gone", made_with.against);
    }
    if (compares) {
        count_load(made_with.against, &old);
        count_compare(&old, &run, made_with.margin, &comparison);
    }
    char *text = NULL;
    size_t bytes = 0;
    FILE *memory = open_memstream(&text, &bytes);
    count_print(memory, &run);
    if (compares) {
        count_compare_print(memory, &comparison);
    }
    fclose(memory);
    file_write(text_format("%s/summary.txt", folder), text);
    if (options->json) {
        json_t *out = count_json(&run);
        if (compares) {
            json_object_set_new(out, "against", count_compare_json(&comparison));
        }
        json_dumpf(out, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        putchar('\n');
    } else {
        printf("%s\nResults: %s (derived/count.csv)\n", text, folder);
    }
    (void)root;
    return count_failed(&run) > 0 || (compares && comparison.worse > 0) ? 1 : 0;
}
