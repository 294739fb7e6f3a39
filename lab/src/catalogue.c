/*
 * catalogue.c - reads the workloads' descriptions. See catalogue.h.
 */
#include "catalogue.h"

#include "text.h"

#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <jansson.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

static char *string_key(const json_t *object, const char *key, const char *path) {
    const char *value = json_string_value(json_object_get(object, key));
    if (!value) {
        fail("%s: the string \"%s\" is missing", path, key);
    }
    return text_copy(value);
}

/* What follows "--name=" in the command, or `fallback`. */
static const char *parameter(const workload_t *workload, const char *name, const char *fallback) {
    char *prefix = text_format("--%s=", name);
    for (size_t i = 0; i < workload->argc; i++) {
        if (text_starts(workload->argv[i], prefix)) {
            return workload->argv[i] + strlen(prefix);
        }
    }
    return fallback;
}

static void read_parameters(workload_t *workload) {
    workload->touch = text_copy(parameter(workload, "touch", "first"));
    workload->has_seed = parameter(workload, "seed", NULL) != NULL;
    workload->has_threads = parameter(workload, "threads", NULL) != NULL;
}

static workload_t workload_read(const char *path) {
    json_error_t error;
    json_t *object = json_load_file(path, 0, &error);
    if (!object) {
        fail("%s:%d: %s", path, error.line, error.text);
    }
    workload_t out = {.name = string_key(object, "name", path),
                      .title = string_key(object, "title", path),
                      .stands_for = string_key(object, "stands_for", path),
                      .source = string_key(object, "source", path),
                      .heavy33 = json_is_true(json_object_get(object, "heavy33")),
                      .expected_s = json_number_value(json_object_get(object, "expected_seconds"))};
    json_t *command = json_object_get(object, "command");
    out.argc = json_array_size(command);
    if (out.argc == 0 || out.expected_s <= 0 || strchr(out.name, '/')) {
        fail("%s: needs a name without '/', a \"command\" and \"expected_seconds\"", path);
    }
    out.argv = text_alloc((out.argc + 1) * sizeof *out.argv);
    for (size_t i = 0; i < out.argc; i++) {
        const char *word = json_string_value(json_array_get(command, i));
        if (!word) {
            fail("%s: \"command\" holds something that is not a string", path);
        }
        out.argv[i] = text_copy(word);
    }
    read_parameters(&out);
    json_decref(object);
    return out;
}

static void add(catalogue_t *list, workload_t workload) {
    list->items = text_grow(list->items, list->count, sizeof *list->items);
    list->items[list->count++] = workload;
}

/* 33 KB-heavy ones first, then by name. */
static int by_weight(const void *left, const void *right) {
    const workload_t *a = left, *b = right;
    return a->heavy33 != b->heavy33 ? b->heavy33 - a->heavy33 : strcmp(a->name, b->name);
}

void catalogue_load(const char *folder, catalogue_t *out) {
    glob_t found;
    char *pattern = text_format("%s/*.json", folder);
    int status = glob(pattern, 0, NULL, &found);
    if (status != 0 && status != GLOB_NOMATCH) {
        fail("cannot read %s: %s", folder, strerror(errno));
    }
    *out = (catalogue_t){0};
    for (size_t i = 0; status == 0 && i < found.gl_pathc; i++) {
        add(out, workload_read(found.gl_pathv[i]));
    }
    if (out->count == 0) {
        fail("no workload in %s", folder);
    }
    qsort(out->items, out->count, sizeof *out->items, by_weight);
    globfree(&found);
}

static bool is_trace(const char *pattern) {
    return (text_ends(pattern, ".hakt") || text_ends(pattern, ".hakt.zst")) && file_exists(pattern);
}

/* A trace of the user's own: replayed once, one byte per page touched, as the shipped ones. */
static workload_t workload_of_trace(const char *path) {
    char *copy = text_copy(path), *name = basename(copy);
    name[strcspn(name, ".")] = '\0';
    char *words[] = {"bin/hakreplay", path_real(path), "--touch=page"};
    workload_t out = {.name = text_copy(name),
                      .title = text_format("trace %s", path),
                      .stands_for = text_copy("a trace given on the command line"),
                      .source = text_copy("recorded"),
                      .heavy33 = true,
                      .argc = 3,
                      .expected_s = 0.5};
    out.argv = text_alloc(4 * sizeof *out.argv);
    memcpy(out.argv, words, sizeof words);
    read_parameters(&out);
    free(copy);
    return out;
}

static bool has_name(const catalogue_t *list, const char *name) {
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool matches_any(const char *name, const text_list_t *patterns, bool *used) {
    bool found = false;
    for (size_t i = 0; i < patterns->count; i++) {
        if (fnmatch(patterns->items[i], name, 0) == 0) {
            found = used[i] = true;
        }
    }
    return found;
}

void catalogue_select(const catalogue_t *all, const text_list_t *patterns, catalogue_t *out) {
    *out = (catalogue_t){0};
    bool *used = text_alloc(patterns->count * sizeof *used);
    for (size_t i = 0; i < all->count; i++) {
        if (patterns->count == 0 || matches_any(all->items[i].name, patterns, used)) {
            add(out, all->items[i]);
        }
    }
    for (size_t i = 0; i < patterns->count; i++) {
        if (used[i]) {
            continue;
        }
        if (!is_trace(patterns->items[i])) {
            fail_usage("'%s' is no workload (see --list) and no trace file (*.hakt, *.hakt.zst)",
                       patterns->items[i]);
        }
        workload_t workload = workload_of_trace(patterns->items[i]);
        if (has_name(out, workload.name)) {
            fail_usage("two workloads are called '%s': rename the trace", workload.name);
        }
        add(out, workload);
    }
    free(used);
}
