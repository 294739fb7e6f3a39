/*
 * manifest.c - makes, writes and reads the facts of a run. See manifest.h.
 */
#include "manifest.h"

#include "file.h"
#include "machine.h"
#include "programs.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum { MANIFEST_SCHEMA = 1 };

static json_t *workloads_json(const catalogue_t *workloads) {
    json_t *out = json_array();
    for (size_t i = 0; i < workloads->count; i++) {
        const workload_t *w = &workloads->items[i];
        json_t *command = json_array();
        for (size_t j = 0; j < w->argc; j++) {
            json_array_append_new(command, json_string(w->argv[j]));
        }
        json_array_append_new(
            out, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:i, s:f, s:o, s:o}", "name",
                           w->name, "title", w->title, "stands_for", w->stands_for, "source",
                           w->source, "group", w->group, "touch", w->touch, "heavy33", w->heavy33,
                           "sweep", w->sweep, "rounds", (int)w->rounds, "expected_seconds",
                           w->expected_s, "command", command, "claim", claim_to_json(w->claim)));
    }
    return out;
}

static json_t *allocators_json(const allocator_list_t *allocators) {
    json_t *out = json_array();
    for (size_t i = 0; i < allocators->count; i++) {
        const allocator_t *a = &allocators->items[i];
        json_t *row =
            json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "key", a->key, "name", a->name, "package",
                      a->package, "version", a->version, "path", a->path, "sha256", a->sha256);
        if (a->built) {
            json_object_set(row, "built", a->built);
        }
        if (a->setting) {
            json_object_set_new(row, "setting", json_string(a->setting));
        }
        if (a->environment) {
            json_object_set(row, "environment", a->environment);
        }
        if (a->loader) {
            json_object_set_new(row, "loader", json_string(a->loader));
        }
        json_array_append_new(out, row);
    }
    return out;
}

/* Hashes `path` (relative ones: under root) into `files`, if it is a file. */
static void add_file(json_t *files, const char *root, const char *path) {
    char *whole = *path == '/' ? text_copy(path) : text_format("%s/%s", root, path);
    if (json_object_get(files, path) || !file_exists(whole)) {
        return;
    }
    char *hash = file_sha256(whole);
    if (hash) {
        json_object_set_new(files, path, json_string(hash));
    }
}

json_t *manifest_files(const char *root, const catalogue_t *workloads,
                       const allocator_list_t *allocators) {
    json_t *files = json_object();
    for (size_t i = 0; i < workloads->count; i++) {
        for (size_t j = 0; j < workloads->items[i].argc; j++) {
            add_file(files, root, workloads->items[i].argv[j]);
        }
        text_list_t more = {0};
        program_files(root, &workloads->items[i], &more);
        for (size_t j = 0; j < more.count; j++) {
            add_file(files, root, more.items[j]);
        }
    }
    for (size_t i = 0; i < allocators->count; i++) {
        add_file(files, root, allocators->items[i].path);
        if (allocators->items[i].loader) {
            add_file(files, root, allocators->items[i].loader);
        }
    }
    return files;
}

json_t *manifest_make(const char *root, const char *run_id, int argc, char **argv,
                      const options_t *options, const catalogue_t *workloads,
                      const allocator_list_t *allocators, json_t *hakmem_options) {
    json_t *line = json_array();
    for (int i = 0; i < argc; i++) {
        json_array_append_new(line, json_string(argv[i]));
    }
    json_t *files = manifest_files(root, workloads, allocators);
    add_file(files, root, WASTE_PROGRAM);
    add_file(files, root, CALLS_PROGRAM);
    json_t *facts = machine_facts();
    json_t *out = json_pack(
        "{s:i, s:s, s:I, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "schema",
        MANIFEST_SCHEMA, "run_id", run_id, "started_unix_ns", (json_int_t)clock_unix_ns(),
        "command_line", line, "options", options_to_json(options), "seed",
        (json_int_t)options->seed, "machine", facts, "warnings", machine_warnings(facts), "source",
        machine_source(root), "hakmem_options", hakmem_options, "workloads",
        workloads_json(workloads), "programs", programs_json(root, workloads), "allocators",
        allocators_json(allocators), "files", files);
    if (!out) {
        fail("the manifest cannot be made: a string in it is not UTF-8");
    }
    return out;
}

void manifest_write(const char *folder, const json_t *manifest) {
    char *text = json_dumps(manifest, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    file_write(text_format("%s/manifest.json", folder), text_format("%s\n", text));
    free(text);
}

void manifest_load(const char *folder, run_info_t *out) {
    json_error_t error;
    char *path = text_format("%s/manifest.json", folder);
    json_t *manifest = json_load_file(path, 0, &error);
    if (!manifest) {
        fail("%s holds no run: %s", folder, error.text);
    }
    const char *run_id = json_string_value(json_object_get(manifest, "run_id"));
    *out = (run_info_t){.folder = text_copy(folder),
                        .run_id = text_copy(run_id ? run_id : folder),
                        .manifest = manifest,
                        .workloads = json_object_get(manifest, "workloads"),
                        .allocators = json_object_get(manifest, "allocators"),
                        .seed = (uint64_t)json_integer_value(json_object_get(manifest, "seed"))};
    const json_t *margin = json_object_get(json_object_get(manifest, "options"), "margin");
    out->margin = (margin ? json_number_value(margin) : MARGIN_DEFAULT) / 100;
    if (!json_is_array(out->workloads) || !json_is_array(out->allocators)) {
        fail("%s: no workloads or allocators in it", path);
    }
}

const char *manifest_changed_file(const char *root, const json_t *manifest) {
    const char *path;
    json_t *expected;
    json_object_foreach(json_object_get(manifest, "files"), path, expected) {
        char *whole = *path == '/' ? text_copy(path) : text_format("%s/%s", root, path);
        char *hash = file_sha256(whole);
        if (!hash || strcmp(hash, json_string_value(expected)) != 0) {
            return path;
        }
    }
    return NULL;
}

size_t manifest_place(const json_t *array, const char *key, const char *value) {
    size_t i = 0;
    for (; i < json_array_size(array); i++) {
        const char *have = json_string_value(json_object_get(json_array_get(array, i), key));
        if (have && strcmp(have, value) == 0) {
            break;
        }
    }
    return i;
}

const char *manifest_row(const json_t *array, const char *key, const char *value,
                         const char *wanted) {
    const json_t *row = json_array_get(array, manifest_place(array, key, value));
    const char *found = json_string_value(json_object_get(row, wanted));
    return found ? found : "";
}

char *manifest_label(const run_info_t *info, const char *allocator) {
    const json_t *rows = info->allocators;
    if (text_ends(allocator, "-again")) {
        return text_copy("hakmem again (A/A)");
    }
    return text_format("%s %s", manifest_row(rows, "key", allocator, "name"),
                       manifest_row(rows, "key", allocator, "version"));
}
