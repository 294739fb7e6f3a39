/*
 * merge.c - see merge.h.
 */
#include "merge.h"

#include "count.h"
#include "file.h"
#include "machine_type.h"
#include "merge_check.h"
#include "samples.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line of samples.jsonl without its number of a launch, which stands beside it. */
typedef struct line {
    char *group; /* "compare/mid33": whose launches are counted */
    json_int_t rep;
    char *text;
} line_t;

typedef struct lines {
    line_t *items;
    size_t count;
    size_t unreadable;
} lines_t;

typedef struct machine {
    char *name;
    json_t *manifest;
    json_t *kept;   /* text of a line -> number of its launch */
    json_t *taken;  /* group -> {number of a launch: true} */
    json_t *wastes; /* text of a line -> true */
    lines_t lines;
} machine_t;

typedef struct joined {
    machine_t *items;
    size_t count;
    run_info_t *runs; /* all that were taken, in their order */
    size_t run_count;
    merge_counts_t *counts;
} joined_t;

/* ---- lines ---- */

static const char *string(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static void add_line(lines_t *lines, line_t line) {
    lines->items = text_grow(lines->items, lines->count, sizeof *lines->items);
    lines->items[lines->count++] = line;
}

static void take_line(void *context, const json_t *record) {
    lines_t *lines = context;
    if (!json_is_integer(json_object_get(record, "rep"))) {
        lines->unreadable++; /* cut short by a crash: it is no sample */
        return;
    }
    json_t *rest = json_copy((json_t *)(uintptr_t)record);
    json_int_t rep = json_integer_value(json_object_get(record, "rep"));
    json_object_del(rest, "rep");
    add_line(lines, (line_t){.group = text_format("%s/%s", string(record, "phase"),
                                                  string(record, "workload")),
                             .rep = rep,
                             .text = json_dumps(rest, JSON_COMPACT | JSON_PRESERVE_ORDER)});
    json_decref(rest);
}

static char *rep_key(json_int_t rep) {
    return text_format("%lld", (long long)rep);
}

/* The number that a launch of the run has in the machine, if one of its samples is known there. */
static void find_known(const machine_t *machine, const lines_t *lines, json_t *numbers) {
    for (size_t i = 0; i < lines->count; i++) {
        const line_t *line = &lines->items[i];
        json_t *known = json_object_get(machine->kept, line->text);
        if (known) {
            json_object_set(numbers, text_format("%s/%lld", line->group, (long long)line->rep),
                            known);
        }
    }
}

/* Of a launch that is new in the machine: its own if that is free, else the next. */
static json_int_t free_number(machine_t *machine, const line_t *line) {
    json_t *taken = json_object_get(machine->taken, line->group);
    json_int_t rep = line->rep;
    while (json_object_get(taken, rep_key(rep))) {
        rep++;
    }
    return rep;
}

static void take_number(machine_t *machine, const char *group, json_int_t rep) {
    if (!json_object_get(machine->taken, group)) {
        json_object_set_new(machine->taken, group, json_object());
    }
    json_object_set_new(json_object_get(machine->taken, group), rep_key(rep), json_true());
}

static void join_lines(joined_t *joined, machine_t *machine, const lines_t *lines) {
    json_t *numbers = json_object();
    find_known(machine, lines, numbers);
    for (size_t i = 0; i < lines->count; i++) {
        const line_t *line = &lines->items[i];
        char *launch = text_format("%s/%lld", line->group, (long long)line->rep);
        if (json_object_get(machine->kept, line->text)) {
            joined->counts->twice++;
            continue;
        }
        if (!json_object_get(numbers, launch)) {
            json_int_t rep = free_number(machine, line);
            take_number(machine, line->group, rep);
            json_object_set_new(numbers, launch, json_integer(rep));
        }
        json_t *number = json_object_get(numbers, launch);
        json_object_set(machine->kept, line->text, number);
        add_line(&machine->lines, (line_t){line->group, json_integer_value(number), line->text});
        joined->counts->samples++;
    }
    json_decref(numbers);
}

static void take_waste(void *context, const json_t *record) {
    if (record) {
        json_object_set_new(context, json_dumps(record, JSON_COMPACT | JSON_PRESERVE_ORDER),
                            json_true());
    }
}

/* ---- manifests ---- */

/* Rows of `from` that `into` does not have, by the values of one or two keys. */
static void add_rows(json_t *manifest, const json_t *from, const char *list, const char *key,
                     const char *key_too) {
    json_t *into = json_object_get(manifest, list), *row, *other;
    size_t i, j;
    if (!into) {
        into = json_array();
        json_object_set_new(manifest, list, into);
    }
    json_array_foreach(json_object_get(from, list), i, row) {
        bool known = false;
        json_array_foreach(into, j, other) {
            bool same = key ? json_equal(json_object_get(row, key), json_object_get(other, key)) &&
                                  (!key_too || json_equal(json_object_get(row, key_too),
                                                          json_object_get(other, key_too)))
                            : json_equal(row, other);
            known = known || same;
        }
        if (!known) {
            json_array_append(into, row);
        }
    }
}

static void keep_time(json_t *manifest, const json_t *from, const char *key, bool later) {
    const json_t *mine = json_object_get(manifest, key);
    json_t *theirs = json_object_get(from, key);
    bool replaces = (json_integer_value(theirs) > json_integer_value(mine)) == later;
    if (!theirs || !mine) {
        json_object_del(manifest, key); /* one of them was interrupted */
    } else if (replaces) {
        json_object_set(manifest, key, theirs);
    }
}

static void add_files(json_t *manifest, const json_t *from) {
    const char *path;
    json_t *hash, *files = json_object_get(manifest, "files");
    json_object_foreach(json_object_get(from, "files"), path, hash) {
        if (!json_object_get(files, path)) {
            json_object_set(files, path, hash);
        }
    }
}

/* Of which runs the manifest tells: those that it was merged from, or itself. */
static json_t *origins(const run_info_t *run) {
    const json_t *merged = json_object_get(run->manifest, "merged_from");
    if (merged) {
        return json_deep_copy(merged);
    }
    json_t *row = json_pack("{s:s}", "run_id", run->run_id);
    static const char *const keys[] = {"started_unix_ns", "ended_unix_ns", "source",
                                       "command_line",    "warnings",      "warnings_at_end"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        json_t *value = json_object_get(run->manifest, keys[i]);
        if (value) {
            json_object_set(row, keys[i], value);
        }
    }
    return json_pack("[o]", row);
}

/* Each run has its own; of many runs a sentence with the first is told. */
static void sum_up_warnings(json_t *manifest, const char *key) {
    const json_t *runs = json_object_get(manifest, "merged_from"), *first = NULL;
    size_t index, count = 0;
    json_t *row, *out = json_array();
    json_array_foreach(runs, index, row) {
        const json_t *own = json_object_get(row, key);
        count += json_array_size(own) > 0;
        first = first ? first : json_array_get(own, 0);
    }
    if (first) {
        json_array_append_new(
            out, json_string(text_format("%s (%zu of %zu runs have warnings)",
                                         json_string_value(first), count, json_array_size(runs))));
    }
    json_object_set_new(manifest, key, out);
}

static void join_manifest(machine_t *machine, const run_info_t *run) {
    const json_t *from = run->manifest;
    json_t *into = machine->manifest;
    add_rows(into, from, "workloads", "name", NULL);
    add_rows(into, from, "allocators", "key", NULL);
    add_rows(into, from, "programs", "workload", "program");
    add_rows(into, from, "left_out", NULL, NULL);
    add_files(into, from);
    keep_time(into, from, "started_unix_ns", false);
    keep_time(into, from, "ended_unix_ns", true);
    json_t *all = json_pack("{s:o}", "merged_from", origins(run));
    add_rows(into, all, "merged_from", "run_id", "started_unix_ns");
    json_decref(all);
    sum_up_warnings(into, "warnings");
    sum_up_warnings(into, "warnings_at_end");
}

static bool has_name(const joined_t *joined, const char *name) {
    for (size_t i = 0; i < joined->count; i++) {
        if (strcmp(joined->items[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Two types may have one CPU, as with another kernel. */
static char *fresh_name(const joined_t *joined, const json_t *facts) {
    char *slug = machine_slug(facts), *name = slug;
    for (unsigned n = 2; has_name(joined, name); n++) {
        name = text_format("%s-%u", slug, n);
    }
    return name;
}

static machine_t *machine_of(joined_t *joined, const run_info_t *run) {
    const json_t *facts = json_object_get(run->manifest, "machine");
    for (size_t i = 0; i < joined->count; i++) {
        if (!machine_difference(json_object_get(joined->items[i].manifest, "machine"), facts)) {
            return &joined->items[i];
        }
    }
    char *name = fresh_name(joined, facts);
    joined->items = text_grow(joined->items, joined->count, sizeof *joined->items);
    machine_t *machine = &joined->items[joined->count++];
    *machine = (machine_t){.name = name,
                           .manifest = json_deep_copy(run->manifest),
                           .kept = json_object(),
                           .taken = json_object(),
                           .wastes = json_object()};
    json_object_set_new(machine->manifest, "run_id", json_string(name));
    json_object_del(machine->manifest, "repetitions"); /* those of each run were its own */
    json_object_set_new(machine->manifest, "merged_from", json_array());
    return machine;
}

/* ---- runs ---- */

static void join_run(joined_t *joined, const char *folder) {
    run_info_t run;
    lines_t lines = {0};
    manifest_load(folder, &run);
    char *obstacle = count_is_run(folder) ? text_format("%s is a run of counts, which are the same "
                                                        "everywhere or compared by ./run_sweep "
                                                        "compare",
                                                        folder)
                                          : merge_unfit(&run);
    for (size_t i = 0; i < joined->run_count && !obstacle; i++) {
        obstacle = merge_obstacle(&joined->runs[i], &run);
    }
    if (obstacle) {
        fail("cannot merge: %s", obstacle);
    }
    joined->runs = text_grow(joined->runs, joined->run_count, sizeof *joined->runs);
    joined->runs[joined->run_count++] = run;
    machine_t *machine = machine_of(joined, &run);
    join_manifest(machine, &run);
    records_load(text_format("%s/samples.jsonl", folder), take_line, &lines);
    records_load(text_format("%s/waste.jsonl", folder), take_waste, machine->wastes);
    join_lines(joined, machine, &lines);
    if (lines.unreadable) {
        warn("%s: %zu lines of samples.jsonl are unreadable and left out", folder,
             lines.unreadable);
    }
    free(lines.items);
}

static void join(joined_t *joined, const char *folder) {
    if (!merge_is_run(folder)) {
        join_run(joined, folder);
        return;
    }
    text_list_t machines = {0};
    merge_machines(folder, &machines);
    for (size_t i = 0; i < machines.count; i++) {
        join_run(joined, machines.items[i]);
    }
}

static void write_machine(const machine_t *machine, const char *out) {
    char *folder = text_format("%s/machines/%s", out, machine->name);
    char *samples = NULL, *wastes = NULL;
    size_t samples_bytes, wastes_bytes;
    folder_make(folder);
    FILE *memory = open_memstream(&samples, &samples_bytes);
    for (size_t i = 0; i < machine->lines.count; i++) {
        const line_t *line = &machine->lines.items[i];
        fprintf(memory, "{\"rep\":%lld,%s\n", (long long)line->rep, line->text + 1);
    }
    fclose(memory);
    memory = open_memstream(&wastes, &wastes_bytes);
    const char *text;
    json_t *value;
    json_object_foreach(machine->wastes, text, value) {
        fprintf(memory, "%s\n", text);
    }
    fclose(memory);
    file_write(text_format("%s/samples.jsonl", folder), samples);
    if (wastes_bytes > 0) {
        file_write(text_format("%s/waste.jsonl", folder), wastes);
    }
    manifest_write(folder, machine->manifest);
    free(samples);
    free(wastes);
}

static void write_all(const joined_t *joined, const char *out) {
    json_t *rows = json_array();
    for (size_t i = 0; i < joined->count; i++) {
        const machine_t *m = &joined->items[i];
        const json_t *facts = json_object_get(m->manifest, "machine");
        write_machine(m, out);
        json_array_append_new(rows, json_pack("{s:s, s:s, s:O?, s:O}", "name", m->name, "label",
                                              machine_label(facts), "facts", facts, "merged_from",
                                              json_object_get(m->manifest, "merged_from")));
    }
    const char *slash = strrchr(out, '/');
    json_t *manifest = json_pack("{s:i, s:s, s:o}", "schema", 1, "run_id",
                                 slash && slash[1] ? slash + 1 : out, "machines", rows);
    manifest_write(out, manifest);
    json_decref(manifest);
}

void merge_runs(const text_list_t *runs, const char *out, merge_counts_t *counts) {
    joined_t joined = {.counts = counts};
    *counts = (merge_counts_t){0};
    if (merge_is_run(out)) {
        join(&joined, out);
    } else if (file_is_there(text_format("%s/manifest.json", out))) {
        fail("%s is a run that was measured: the folder for what is joined must be another", out);
    }
    for (size_t i = 0; i < runs->count; i++) {
        join(&joined, runs->items[i]);
    }
    counts->machines = joined.count;
    for (size_t i = 0; i < joined.count; i++) {
        counts->runs += json_array_size(json_object_get(joined.items[i].manifest, "merged_from"));
    }
    folder_make(out);
    write_all(&joined, out);
}

/* ---- merged runs ---- */

static json_t *machines_of(const char *folder) {
    json_t *manifest = json_load_file(text_format("%s/manifest.json", folder), 0, NULL);
    return json_incref(json_object_get(manifest, "machines"));
}

bool merge_is_run(const char *folder) {
    return machines_of(folder) != NULL;
}

void merge_machines(const char *folder, text_list_t *out) {
    size_t index;
    json_t *row;
    json_array_foreach(machines_of(folder), index, row) {
        text_list_add(out, text_format("%s/machines/%s", folder, string(row, "name")));
    }
}

const char *merge_only_machine(const char *folder) {
    text_list_t machines = {0};
    merge_machines(folder, &machines);
    return !merge_is_run(folder) ? folder : machines.count == 1 ? machines.items[0] : NULL;
}
