/*
 * distribution.c - see distribution.h.
 */
#include "distribution.h"

#include "baselines.h"
#include "catalogue.h"
#include "file.h"
#include "machine.h"
#include "machine_type.h"
#include "number.h"
#include "process.h"
#include "session.h"
#include "text.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DISTRIBUTION_SCHEMA = 1 };

/* ---- made ---- */

static bool has_name(const catalogue_t *list, const char *name) {
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void add_part(distribution_t *out, part_t part) {
    out->parts = text_grow(out->parts, out->count, sizeof *out->parts);
    out->parts[out->count++] = part;
}

static void cut(const char *root, distribution_t *out) {
    catalogue_t all, chosen;
    const options_t *o = &out->options;
    catalogue_load(text_format("%s/workloads/catalogue", root), &all);
    catalogue_select(&all, &o->workloads, o->command == COMMAND_PEERS, &chosen);
    size_t machines = o->machines.count > 0 ? o->machines.count : 1;
    for (size_t m = 0; m < machines; m++) {
        for (size_t w = 0; w < chosen.count; w++) {
            const workload_t *workload = &chosen.items[w];
            bool is_trace = !has_name(&all, workload->name);
            part_t part = {.name = machines > 1 ? text_format("%s.%zu", workload->name, m + 1)
                                                : text_copy(workload->name),
                           .pattern = text_copy(is_trace ? workload->argv[1] : workload->name),
                           .machine = m,
                           .wastes = w == 0};
            add_part(out, part);
        }
    }
}

/* The same on every machine, wherever a part is started. */
static void name_allocators(const char *root, options_t *o) {
    allocator_list_t table, chosen;
    text_list_t names = {0};
    baselines_load(root, &table);
    baselines_select(&table, &o->allocators, &chosen); /* refuses what is not there */
    for (size_t i = 0; i < o->allocators.count; i++) {
        char *name = o->allocators.items[i], *equals = strchr(name, '=');
        char *path = equals ? path_real(equals + 1) : NULL;
        text_list_add(&names,
                      path ? text_format("%.*s=%s", (int)(equals - name), name, path) : name);
    }
    for (size_t i = 0; o->allocators.count == 0 && i < chosen.count; i++) {
        text_list_add(&names, chosen.items[i].key);
    }
    o->allocators = names;
}

void distribution_make(const char *root, const options_t *options, distribution_t *out) {
    *out = (distribution_t){
        .options = *options, .hakmem_options = process_hakmem_options(), .jobs = json_array()};
    cut(root, out);
    name_allocators(root, &out->options);
}

/* ---- written and read ---- */

static char *path_of(const char *folder) {
    return text_format("%s/launch.json", folder);
}

bool distribution_is_there(const char *folder) {
    return file_is_there(path_of(folder));
}

void distribution_write(const distribution_t *d) {
    json_t *parts = json_array(), *machines = json_array();
    for (size_t i = 0; i < d->count; i++) {
        const part_t *p = &d->parts[i];
        json_array_append_new(parts, json_pack("{s:s, s:s, s:I, s:b}", "name", p->name, "workload",
                                               p->pattern, "machine", (json_int_t)p->machine,
                                               "wastes", p->wastes));
    }
    for (size_t i = 0; i < d->options.machines.count; i++) {
        json_array_append_new(machines, json_string(d->options.machines.items[i]));
    }
    json_t *all = json_pack("{s:i, s:s, s:o, s:O, s:o, s:O, s:o}", "schema", DISTRIBUTION_SCHEMA,
                            "launcher", launcher_name(d->options.launcher), "machines", machines,
                            "jobs", d->jobs, "options", options_to_json(&d->options),
                            "hakmem_options", d->hakmem_options, "parts", parts);
    char *text = json_dumps(all, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    file_write(path_of(d->folder), text_format("%s\n", text));
    free(text);
    json_decref(all);
}

static launcher_t launcher_of(const char *name) {
    launcher_t out = LAUNCHER_LOCAL;
    for (launcher_t l = LAUNCHER_LOCAL; l < LAUNCHERS; l++) {
        out = name && strcmp(name, launcher_name(l)) == 0 ? l : out;
    }
    return out;
}

static void read_parts(const json_t *all, distribution_t *out) {
    size_t index;
    json_t *row;
    json_array_foreach(json_object_get(all, "parts"), index, row) {
        const char *name = json_string_value(json_object_get(row, "name"));
        const char *pattern = json_string_value(json_object_get(row, "workload"));
        if (!name || !pattern) {
            fail("%s: part %zu has no name or no workload", path_of(out->folder), index);
        }
        add_part(out,
                 (part_t){.name = text_copy(name),
                          .pattern = text_copy(pattern),
                          .machine = (size_t)json_integer_value(json_object_get(row, "machine")),
                          .wastes = json_is_true(json_object_get(row, "wastes"))});
    }
}

void distribution_load(const char *folder, distribution_t *out) {
    json_error_t error;
    if (!distribution_is_there(folder)) {
        fail("%s is not there: a launched run lies in a folder that all machines see, at one path",
             path_of(folder));
    }
    json_t *all = json_load_file(path_of(folder), 0, &error), *row;
    if (!all) {
        fail("cannot read %s: %s", path_of(folder), error.text);
    }
    *out = (distribution_t){.folder = path_real(folder),
                            .hakmem_options = json_object_get(all, "hakmem_options"),
                            .jobs = json_object_get(all, "jobs")};
    options_from_json(json_object_get(all, "options"), &out->options);
    out->options.launcher = launcher_of(json_string_value(json_object_get(all, "launcher")));
    size_t index;
    json_array_foreach(json_object_get(all, "machines"), index, row) {
        text_list_add(&out->options.machines, json_string_value(row));
    }
    read_parts(all, out);
}

/* ---- parts ---- */

char *distribution_folder(const distribution_t *d, const part_t *part) {
    return text_format("%s/parts/%s", d->folder, part->name);
}

options_t distribution_options(const distribution_t *d, const part_t *part) {
    options_t o = d->options;
    o.workloads = (text_list_t){0};
    text_list_add(&o.workloads, part->pattern);
    o.args = o.workloads;
    o.is_part = true;
    o.no_waste = !part->wastes;
    o.launcher = LAUNCHER_LOCAL;
    o.out = distribution_folder(d, part);
    return o;
}

bool distribution_is_done(const distribution_t *d, const part_t *part) {
    char *path = text_format("%s/manifest.json", distribution_folder(d, part));
    json_t *manifest = json_load_file(path, 0, NULL);
    bool done = json_object_get(manifest, "ended_unix_ns") != NULL;
    json_decref(manifest);
    free(path);
    return done;
}

static void add_run(const char *folder, text_list_t *out) {
    struct stat samples;
    if (file_exists(text_format("%s/manifest.json", folder)) &&
        stat(text_format("%s/samples.jsonl", folder), &samples) == 0 && samples.st_size > 0) {
        text_list_add(out, folder);
    }
}

void distribution_runs(const distribution_t *d, text_list_t *out) {
    for (size_t i = 0; i < d->count; i++) {
        char *folder = distribution_folder(d, &d->parts[i]);
        glob_t aside;
        add_run(folder, out);
        if (glob(text_format("%s.aside-*", folder), 0, NULL, &aside) == 0) {
            for (size_t j = 0; j < aside.gl_pathc; j++) {
                add_run(aside.gl_pathv[j], out);
            }
        }
        globfree(&aside);
    }
}

static void set_aside(const char *folder, const char *why) {
    unsigned n = 1;
    while (file_is_there(text_format("%s.aside-%u", folder, n))) {
        n++;
    }
    char *other = text_format("%s.aside-%u", folder, n);
    if (rename(folder, other) != 0) {
        fail("cannot rename %s to %s: %s", folder, other, strerror(errno));
    }
    warn("%s: what was measured there lies in %s", why, other);
}

/* Does the part go on? What cannot, is set aside. */
static bool goes_on(const char *folder) {
    char *path = text_format("%s/manifest.json", folder);
    if (!file_is_there(folder)) {
        return false;
    }
    json_t *manifest = json_load_file(path, 0, NULL);
    char *other =
        manifest ? machine_difference(json_object_get(manifest, "machine"), machine_facts()) : NULL;
    if (manifest && !other) {
        return true;
    }
    if (manifest || !folder_is_empty(folder)) {
        set_aside(folder, manifest ? text_format("begun on another machine (%s)", other)
                                   : "ended before its first sample");
    }
    return false;
}

/* hakmem's options are those of the whole run, not those of the node. */
static void set_hakmem_options(const distribution_t *d) {
    const char *name;
    json_t *value;
    json_object_foreach(process_hakmem_options(), name, value) {
        unsetenv(name);
    }
    json_object_foreach(d->hakmem_options, name, value) {
        setenv(name, json_string_value(value), 1);
    }
}

int distribution_part(const char *root, options_t *options, int argc, char **argv) {
    distribution_t d;
    uint64_t number;
    distribution_load(options->args.items[0], &d);
    if (!number_parse(options->args.items[1], 0, d.count - 1, &number)) {
        fail_usage("a part of %s is a number from 0 to %zu, not '%s'", d.folder, d.count - 1,
                   options->args.items[1]);
    }
    const part_t *part = &d.parts[number];
    if (distribution_is_done(&d, part)) {
        warn("part %s is measured already", part->name);
        return 0;
    }
    options_t own = distribution_options(&d, part);
    own.quiet = options->quiet;
    own.resume = goes_on(own.out) ? own.out : NULL;
    set_hakmem_options(&d);
    return session_run(root, &own, argc, argv);
}
