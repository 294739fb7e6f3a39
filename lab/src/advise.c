/*
 * advise.c - see advise.h.
 */
#include "advise.h"

#include "advise_parts.h"
#include "advise_show.h"
#include "adviser_kept.h"
#include "figures.h"
#include "file.h"
#include "launch.h"
#include "machine.h"
#include "machine_lock.h"
#include "manifest.h"
#include "palette.h"
#include "process.h"
#include "report.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* For figures and what stands around samples. */
enum { ADVISE_RESERVE_S = 10 };

/* ---- what is measured ---- */

static bool is_named(const options_t *o, const char *key) {
    bool out = o->allocators.count == 0;
    for (size_t i = 0; i < o->allocators.count; i++) {
        const char *word = o->allocators.items[i];
        out |= strcmp(word, key) == 0 || (text_starts(word, key) && word[strlen(key)] == '=');
    }
    return out;
}

/* hakmem only where it is named, or nobody is. One with an ld.so of its own has no settings here,
 * and does not serve programs that a program starts. */
static void choose_allocators(const char *root, const options_t *o, allocator_list_t *out) {
    allocator_list_t table, chosen;
    text_list_t only_hakmem = {0};
    text_list_add(&only_hakmem, "hakmem");
    baselines_load(root, &table);
    baselines_select(&table, o->command == COMMAND_TUNE ? &only_hakmem : &o->allocators, &chosen);
    *out = (allocator_list_t){0};
    for (size_t i = 0; i < chosen.count; i++) {
        if (is_named(o, chosen.items[i].key) && !chosen.items[i].loader) {
            out->items = text_grow(out->items, out->count, sizeof *out->items);
            out->items[out->count++] = chosen.items[i];
        }
    }
    if (out->count == 0) {
        fail_usage("--allocator: none of them can be started with settings");
    }
}

static double available_bytes(void) {
    char *text = file_read("/proc/meminfo"), *at = text ? strstr(text, "MemAvailable:") : NULL;
    double kib = at ? strtod(at + strlen("MemAvailable:"), NULL) : 0;
    return kib > 0 ? kib * 1024 : (double)(1 << 30);
}

static const char *row_text(const json_t *row, const char *key) {
    const char *text = json_string_value(json_object_get(row, key));
    return text ? text : "";
}

/* As the manifest keeps it: the samples are of that one, whatever is installed by now. */
static allocator_t *allocator_of_row(const json_t *row) {
    allocator_t *out = text_alloc(sizeof *out);
    *out = (allocator_t){.key = text_copy(row_text(row, "key")),
                         .name = text_copy(row_text(row, "name")),
                         .package = text_copy(row_text(row, "package")),
                         .version = text_copy(row_text(row, "version")),
                         .path = text_copy(row_text(row, "path")),
                         .sha256 = text_copy(row_text(row, "sha256")),
                         .environment = json_object_get(row, "environment")};
    out->preload = strcmp(out->key, "glibc") != 0;
    out->is_hakmem = strcmp(out->key, "hakmem") == 0;
    return out;
}

/* All that decides about the run stands in the manifest. */
static void adviser_of_run(const run_info_t *info, const options_t *o, adviser_t *out) {
    const json_t *facts = json_object_get(info->manifest, "advise");
    *out = (adviser_t){.options = o,
                       .parts = advise_parts_read(json_object_get(facts, "parts"), info->workloads),
                       .count = json_array_size(info->allocators),
                       .memory_bytes = json_number_value(json_object_get(facts, "memory_bytes")),
                       .reserve_s = json_number_value(json_object_get(facts, "reserve_s"))};
    out->items = text_alloc((out->count + 1) * sizeof *out->items);
    for (size_t i = 0; i < out->count; i++) {
        advised_t *one = &out->items[i];
        one->allocator = allocator_of_row(json_array_get(info->allocators, i));
        knobs_read(json_object_get(json_object_get(facts, "knobs"), one->allocator->key),
                   "manifest.json", &one->knobs);
    }
}

/* {allocator: its knobs}, with classes that fit what is searched on. */
static json_t *all_knobs(const char *root, const advise_parts_t *parts,
                         const allocator_list_t *allocators) {
    const char *trace = advise_trace(parts->search);
    char *path = trace && *trace != '/' ? text_format("%s/%s", root, trace) : NULL;
    json_t *out = json_object();
    for (size_t i = 0; i < allocators->count; i++) {
        knob_table_t knobs;
        knobs_load(root, allocators->items[i].key, &knobs);
        knobs_fit_classes(&knobs, root, path ? path : trace);
        json_object_set_new(out, allocators->items[i].key, knobs_json(&knobs));
    }
    return out;
}

/* ---- what it comes to ---- */

/* The user's program: of a trace or a workload it is any. */
static char *program_words(const options_t *o) {
    char *out = text_copy("");
    for (size_t i = 0; i < o->program.count; i++) {
        const char *word = o->program.items[i];
        bool plain = *word && !strpbrk(word, " \t\n'\"\\$`*?[]{}()<>|&;~#!");
        out = text_format(plain ? "%s%s%s" : "%s%s'%s'", out, i ? " " : "", word);
    }
    return *out ? out : text_copy("./my-program");
}

static int show(const char *root, const run_info_t *info, const adviser_t *adviser,
                const options_t *o, const options_t *made_with) {
    advice_t advice;
    advise_look_t look = {adviser->parts.whole->title, program_words(made_with),
                          json_object_get(info->manifest, "hakmem_options")};
    char *text = NULL;
    size_t bytes = 0, out = 0;
    advice_make(adviser, &advice);
    FILE *memory = open_memstream(&text, &bytes);
    advise_print(memory, &advice, &look);
    fclose(memory);
    folder_make(text_format("%s/derived", info->folder));
    advise_derive(info->folder, &advice);
    palette_write(info);
    json_t *json = advise_json(&advice, &look);
    file_write(text_format("%s/summary.txt", info->folder), text);
    file_write(text_format("%s/advice.json", info->folder),
               text_format("%s\n", json_dumps(json, JSON_INDENT(2) | JSON_PRESERVE_ORDER)));
    const allocator_t *quo = adviser->items[adviser->status_quo].allocator;
    size_t failed = figures_draw_advice(root, info, look.workload, quo->name);
    if (o->json) {
        json_dumpf(json, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        putchar('\n');
    } else {
        printf("%s\nResults: %s (advice.json, plots/, derived/)\n", text, info->folder);
    }
    for (size_t a = 0; a < adviser->count; a++) {
        out += adviser->items[a].out;
    }
    free(text);
    return out || failed ? 1 : 0;
}

bool advise_is_run(const char *folder) {
    run_info_t info;
    manifest_load(folder, &info);
    return json_is_object(json_object_get(info.manifest, "advise"));
}

int advise_report(const char *root, const char *folder, const options_t *o) {
    run_info_t info;
    adviser_t adviser;
    samples_t samples;
    options_t made_with = {0};
    if (o->margin_given) {
        fail_usage("--margin: an adviser's run has searched by its own margin");
    }
    manifest_load(folder, &info);
    options_from_json(json_object_get(info.manifest, "options"), &made_with);
    const json_t *found = json_object_get(json_object_get(info.manifest, "advise"), "found");
    if (!found) {
        fail("%s is not finished: go on with --resume", folder);
    }
    samples_load(text_format("%s/samples.jsonl", folder), &samples);
    adviser_of_run(&info, &made_with, &adviser);
    adviser.execution.samples = &samples;
    adviser_start(&adviser);
    adviser_read(&adviser, found);
    return show(root, &info, &adviser, o, &made_with);
}

/* ---- a run ---- */

static char *stamp(const options_t *o) {
    time_t now = time(NULL);
    struct tm parts;
    char text[32];
    gmtime_r(&now, &parts);
    strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
    return text_format("%s-%s", text, command_name(o->command));
}

static int measure(const char *root, const char *folder, const options_t *o,
                   process_context_t *context, progress_t *progress) {
    run_info_t info;
    adviser_t adviser;
    samples_t samples;
    manifest_load(folder, &info);
    samples_load(text_format("%s/samples.jsonl", folder), &samples);
    adviser_of_run(&info, o, &adviser);
    context->result_path = text_format("%s/.result.json", folder);
    adviser.execution = (execution_t){.plan = &adviser.plan,
                                      .samples = &samples,
                                      .file = samples_open(text_format("%s/samples.jsonl", folder)),
                                      .executor = process_executor(context),
                                      .progress = progress};
    adviser_start(&adviser);
    progress_expect(progress, o->budget_s - adviser.reserve_s);
    bool whole = adviser_run(&adviser);
    progress_end(progress);
    close(adviser.execution.file);
    if (!whole) {
        warn("interrupted after %zu samples; nothing is lost. Go on with:\n"
             "    ./run_sweep --resume %s",
             samples.count, folder);
        return 130;
    }
    json_object_set_new(json_object_get(info.manifest, "advise"), "found", adviser_found(&adviser));
    json_object_set_new(info.manifest, "ended_unix_ns", json_integer((json_int_t)clock_unix_ns()));
    manifest_write(folder, info.manifest);
    int status = show(root, &info, &adviser, o, o);
    progress_note(progress, "Total time: %s",
                  text_duration((double)(clock_now_ns() - progress->start_ns) / 1e9));
    const char *changed = manifest_changed_file(root, info.manifest);
    if (changed) {
        warn("%s was replaced while the run went on: its samples are of two different files",
             changed);
        return 1;
    }
    return status;
}

static int dry_run(const char *root, const options_t *o, const workload_t *whole,
                   const allocator_list_t *allocators) {
    const char *trace = advise_trace(whole);
    printf("Would search settings for %s, in %s:\n", whole->title, text_duration(o->budget_s));
    for (size_t i = 0; i < allocators->count; i++) {
        knob_table_t knobs;
        candidates_t singles;
        knobs_load(root, allocators->items[i].key, &knobs);
        halving_singles(&knobs, true, &singles);
        printf("  %-10s %2zu knobs, %2zu values, then combinations%s\n", allocators->items[i].key,
               knobs.count, singles.count - 1,
               trace && allocators->items[i].is_hakmem ? "; and block sizes of the trace" : "");
    }
    printf("and confirm what is found on fresh launches%s.\n",
           trace             ? ", of a part of the trace that was held out, too"
           : whole->has_seed ? ", with another seed, too"
                             : "");
    return 0;
}

/* The parts, the manifest, and how long that took, which the budget is less by. */
static void begin(const char *root, const char *folder, const char *run_id, const options_t *o,
                  const workload_t *whole, const allocator_list_t *allocators, int argc,
                  char **argv, json_t *hakmem_options, const progress_t *progress) {
    advise_parts_t parts = advise_parts_make(root, folder, o, whole);
    workload_t list[3] = {*parts.whole};
    catalogue_t all = {list, 1};
    if (parts.search != parts.whole) {
        list[all.count++] = *parts.search;
    }
    if (parts.held_out) {
        list[all.count++] = *parts.held_out;
    }
    json_t *manifest = manifest_make(root, run_id, argc, argv, o, &all, allocators, hakmem_options);
    json_t *knobs = all_knobs(root, &parts, allocators);
    double began_s = (double)(clock_now_ns() - progress->start_ns) / 1e9;
    json_object_set_new(manifest, "advise",
                        json_pack("{s:o, s:o, s:f, s:f}", "parts", advise_parts_json(&parts),
                                  "knobs", knobs, "memory_bytes", available_bytes(), "reserve_s",
                                  ADVISE_RESERVE_S + began_s));
    manifest_write(folder, manifest);
    const json_t *warnings = json_object_get(manifest, "warnings");
    for (size_t i = 0; i < json_array_size(warnings); i++) {
        progress_note((progress_t *)(uintptr_t)progress, "Bad for measuring: %s",
                      json_string_value(json_array_get(warnings, i)));
    }
}

static int start(const char *root, options_t *o, int argc, char **argv) {
    static process_context_t context;
    static progress_t progress;
    allocator_list_t allocators;
    workload_t whole = advise_workload(root, o);
    advise_parts_check(o, &whole);
    choose_allocators(root, o, &allocators);
    if (o->dry_run) {
        return dry_run(root, o, &whole, &allocators);
    }
    char *run_id = stamp(o);
    char *folder = o->out ? o->out : text_format("%s/results/%s", root, run_id);
    if (file_is_there(folder) && !folder_is_empty(folder)) {
        fail_usage("%s is there already: a run needs a folder of its own", folder);
    }
    json_t *hakmem_options = process_hakmem_options();
    context =
        (process_context_t){.root = root,
                            .result_path = text_format("/tmp/hakmem-proof-%d.json", (int)getpid()),
                            .options = o,
                            .hakmem_options = hakmem_options};
    launch_catch_signals();
    machine_lock_take(MACHINE_LOCK_PATH, folder);
    progress_start(&progress, o->quiet);
    process_prove(&context, &(catalogue_t){&whole, 1}, &allocators);
    folder_make(folder);
    folder = path_real(folder);
    begin(root, folder, run_id, o, &whole, &allocators, argc, argv, json_incref(hakmem_options),
          &progress);
    progress_note(&progress, "%s: %s, %zu allocators, each proven to serve malloc", run_id,
                  whole.title, allocators.count);
    return measure(root, folder, o, &context, &progress);
}

static int resume(const char *root, options_t *o) {
    static process_context_t context;
    static progress_t progress;
    run_info_t info;
    char *folder = report_find(root, o->resume);
    manifest_load(folder, &info);
    const char *changed = manifest_changed_file(root, info.manifest);
    if (changed) {
        fail("%s is not what the run began with: its samples cannot be mixed with new ones; start "
             "a new run",
             changed);
    }
    options_t again = {.quiet = o->quiet, .json = o->json};
    options_from_json(json_object_get(info.manifest, "options"), &again);
    *o = again;
    context =
        (process_context_t){.root = root,
                            .options = o,
                            .hakmem_options = json_object_get(info.manifest, "hakmem_options")};
    launch_catch_signals();
    machine_lock_take(MACHINE_LOCK_PATH, folder);
    progress_start(&progress, o->quiet);
    return measure(root, folder, o, &context, &progress);
}

int advise_main(const char *root, options_t *o, int argc, char **argv) {
    return o->resume ? resume(root, o) : start(root, o, argc, argv);
}
