/*
 * catalogue.c - reads the workloads' descriptions. See catalogue.h.
 */
#include "catalogue.h"

#include "file.h"
#include "text.h"

#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <jansson.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const claim_key_names[CLAIM_KEYS] = {
    "speed_of_best",         "memory_of_leanest", "time_over_glibc_us", "memory_over_glibc_kib",
    "steady_over_requested", "steady_extra_kib",  "steady_over_tenth"};

const char *claim_key_name(claim_key_t key) {
    return claim_key_names[key];
}

static claim_key_t claim_key_of(const char *name) {
    claim_key_t key = 0;
    while (key < CLAIM_KEYS && strcmp(name, claim_key_names[key]) != 0) {
        key++;
    }
    return key;
}

void claim_read(const json_t *object, const char *where, double bounds[CLAIM_KEYS]) {
    const char *name;
    json_t *value;
    memset(bounds, 0, CLAIM_KEYS * sizeof *bounds);
    if (object && !json_is_object(object)) {
        fail("%s: \"claim\" is no object", where);
    }
    json_object_foreach((json_t *)(uintptr_t)object, name, value) {
        claim_key_t key = claim_key_of(name);
        if (key == CLAIM_KEYS) {
            fail("%s: \"claim\" has an unknown key: \"%s\"", where, name);
        }
        bounds[key] = json_number_value(value);
        if (!(bounds[key] > 0)) {
            fail("%s: \"claim\": \"%s\" is no positive number", where, name);
        }
    }
    if (bounds[CLAIM_STEADY_EXTRA_KIB] > 0 && !(bounds[CLAIM_STEADY_OVER_REQUESTED] > 0)) {
        fail("%s: \"claim\": \"%s\" needs \"%s\"", where, claim_key_names[CLAIM_STEADY_EXTRA_KIB],
             claim_key_names[CLAIM_STEADY_OVER_REQUESTED]);
    }
}

json_t *claim_to_json(const double bounds[CLAIM_KEYS]) {
    json_t *out = json_object();
    for (claim_key_t key = 0; key < CLAIM_KEYS; key++) {
        if (bounds[key] > 0) {
            json_object_set_new(out, claim_key_names[key], json_real(bounds[key]));
        }
    }
    return out;
}

static char *string_key(const json_t *object, const char *key, const char *path) {
    const char *value = json_string_value(json_object_get(object, key));
    if (!value) {
        fail("%s: the string \"%s\" is missing", path, key);
    }
    return text_copy(value);
}

size_t workload_own_words(const workload_t *workload) {
    size_t i = 0;
    while (i < workload->argc && strcmp(workload->argv[i], "--") != 0) {
        i++;
    }
    return i;
}

/* What follows the last "--name=" in the command, as the drivers take it, or `fallback`. */
static const char *parameter(const workload_t *workload, const char *name, const char *fallback) {
    char *prefix = text_format("--%s=", name);
    for (size_t i = workload_own_words(workload); i-- > 0;) {
        if (text_starts(workload->argv[i], prefix)) {
            return workload->argv[i] + strlen(prefix);
        }
    }
    return fallback;
}

uint64_t workload_seed(const workload_t *workload) {
    return strtoull(parameter(workload, "seed", "0"), NULL, 10);
}

static void read_parameters(workload_t *workload) {
    workload->touch = text_copy(parameter(workload, "touch", "first"));
    workload->has_seed = parameter(workload, "seed", NULL) != NULL;
    workload->has_threads = parameter(workload, "threads", NULL) != NULL;
}

static void append_words(workload_t *workload, const json_t *words, const char *key,
                         const char *path) {
    size_t added = json_array_size(words);
    char **argv = text_alloc((workload->argc + added + 1) * sizeof *argv);
    for (size_t i = 0; i < workload->argc; i++) {
        argv[i] = workload->argv[i];
    }
    for (size_t i = 0; i < added; i++) {
        const char *word = json_string_value(json_array_get(words, i));
        if (!word) {
            fail("%s: \"%s\" holds something that is not a string", path, key);
        }
        argv[workload->argc++] = text_copy(word);
    }
    workload->argv = argv;
}

/* The keys that may be missing. */
static void read_optional(const json_t *object, const char *path, workload_t *out) {
    const json_t *group = json_object_get(object, "group");
    const json_t *sweep = json_object_get(object, "sweep");
    const json_t *rounds = json_object_get(object, "rounds");
    if (rounds && json_integer_value(rounds) < 1) {
        fail("%s: \"rounds\" is no positive whole number", path);
    }
    out->rounds = (unsigned)json_integer_value(rounds);
    if (group && !json_is_string(group)) {
        fail("%s: \"group\" is no string", path);
    }
    if (sweep && !json_is_boolean(sweep)) {
        fail("%s: \"sweep\" is neither true nor false", path);
    }
    out->group = text_copy(group ? json_string_value(group) : "other");
    out->sweep = !sweep || json_is_true(sweep);
    claim_read(json_object_get(object, "claim"), path, out->claim);
}

/* What all variants share. */
static workload_t workload_read(const json_t *object, const char *path) {
    workload_t out = {.name = string_key(object, "name", path),
                      .title = string_key(object, "title", path),
                      .stands_for = string_key(object, "stands_for", path),
                      .source = string_key(object, "source", path),
                      .heavy33 = json_is_true(json_object_get(object, "heavy33")),
                      .expected_s = json_number_value(json_object_get(object, "expected_seconds"))};
    const json_t *command = json_object_get(object, "command");
    if (json_array_size(command) == 0 || out.expected_s <= 0 || strchr(out.name, '/')) {
        fail("%s: needs a name without '/', a \"command\" and \"expected_seconds\"", path);
    }
    out.family = out.name;
    append_words(&out, command, "command", path);
    read_optional(object, path, &out);
    read_parameters(&out);
    return out;
}

static workload_t variant_of(const workload_t *family, size_t place, const char *suffix,
                             const json_t *words, const char *path) {
    workload_t out = *family;
    if (!*suffix || strchr(suffix, '/') || !json_is_array(words)) {
        fail("%s: \"variants\": \"%s\" needs a suffix without '/' and an array of words", path,
             suffix);
    }
    out.variant = place;
    out.name = text_format("%s-%s", family->name, suffix);
    out.title = text_format("%s, %s", family->title, suffix);
    append_words(&out, words, "variants", path);
    read_parameters(&out);
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

static void add(catalogue_t *list, workload_t workload) {
    list->items = text_grow(list->items, list->count, sizeof *list->items);
    list->items[list->count++] = workload;
}

static void add_own(catalogue_t *list, workload_t workload, const char *path) {
    if (has_name(list, workload.name)) {
        fail("%s: a workload is called \"%s\" already", path, workload.name);
    }
    add(list, workload);
}

static void file_load(const char *path, catalogue_t *out) {
    json_error_t error;
    json_t *object = json_load_file(path, 0, &error);
    if (!object) {
        fail("%s:%d: %s", path, error.line, error.text);
    }
    workload_t family = workload_read(object, path);
    json_t *variants = json_object_get(object, "variants"), *words;
    if (variants && json_object_size(variants) == 0) {
        fail("%s: \"variants\" is no object with a variant in it", path);
    }
    if (!variants) {
        add_own(out, family, path);
    }
    const char *suffix;
    size_t place = 0;
    json_object_foreach(variants, suffix, words) {
        add_own(out, variant_of(&family, place++, suffix, words, path), path);
    }
    json_decref(object);
}

/* 33 KB-heavy ones first, then by name, then variants as in their file. */
static int by_weight(const void *left, const void *right) {
    const workload_t *a = left, *b = right;
    int names = strcmp(a->family, b->family);
    return a->heavy33 != b->heavy33 ? b->heavy33 - a->heavy33
           : names                  ? names
                                    : (a->variant > b->variant) - (a->variant < b->variant);
}

void catalogue_load(const char *folder, catalogue_t *out) {
    glob_t found;
    char *pattern = text_format("%s/*.json", folder);
    if (access(folder, R_OK | X_OK) != 0) { /* glob would find nothing there */
        fail("cannot read %s: %s", folder, strerror(errno));
    }
    int status = glob(pattern, 0, NULL, &found);
    if (status != 0 && status != GLOB_NOMATCH) {
        fail("cannot read %s: out of memory", folder);
    }
    *out = (catalogue_t){0};
    for (size_t i = 0; status == 0 && i < found.gl_pathc; i++) {
        file_load(found.gl_pathv[i], out);
    }
    if (out->count == 0) {
        fail("no workload in %s", folder);
    }
    qsort(out->items, out->count, sizeof *out->items, by_weight);
    globfree(&found);
}

static bool is_trace(const char *pattern) {
    return (text_ends(pattern, ".hakt") || text_ends(pattern, ".hakt.zst")) &&
           file_is_there(pattern);
}

/* Reads the whole file, as each sample will: what is damaged or foreign is said now, once. */
static void refuse_damaged(const char *path) {
    static const char script[] =
        "why=$(\"$0\" verify \"$1\" 2>&1) && exit 1; echo \"${why#haktrace: }\"";
    char *self = path_real("/proc/self/exe");
    char *haktrace = text_format("%s/haktrace", dirname(self));
    const char *argv[] = {"sh", "-c", script, haktrace, path, NULL};
    const char *why = capture(argv);
    if (why) {
        fail_usage("no trace to replay: %s", why);
    }
    free(haktrace);
    free(self);
}

/* A trace of the user's own: one byte per page touched, as in the shipped ones; a round is a
 * replay. */
static workload_t workload_of_trace(const char *path) {
    char *copy = text_copy(path), *name = basename(copy);
    name[strcspn(name, ".")] = '\0';
    char *words[] = {"bin/hakreplay", path_real(path), "--touch=page"};
    workload_t out = {.name = text_copy(name),
                      .title = text_format("trace %s", path),
                      .stands_for = text_copy("a trace given on the command line"),
                      .source = text_copy("recorded"),
                      .group = text_copy("other"),
                      .heavy33 = true,
                      .sweep = true,
                      .argc = 3,
                      .rounds = 1,
                      .expected_s = 0.5};
    out.argv = text_alloc(4 * sizeof *out.argv);
    memcpy(out.argv, words, sizeof words);
    out.family = out.name;
    read_parameters(&out);
    free(copy);
    return out;
}

void catalogue_check_trace(const char *path) {
    if (!is_trace(path)) {
        fail_usage("'%s' is no trace file (*.hakt, *.hakt.zst)", path);
    }
    refuse_damaged(path);
}

/* Commands run where they are given, whatever the folder of the drivers is. */
workload_t catalogue_of_command(const text_list_t *words, double most_s) {
    enum { TIMES = 40 }; /* a sample may take (driver.h) */
    char *here = path_real("."), *program = words->items[0];
    /* not its real path: a program may do by its name what it does */
    bool below = *program != '/' && strchr(program, '/');
    char *found = below ? text_format("%s/%s", here, program) : text_copy(program);
    if (strchr(program, '/') && access(found, X_OK) != 0) {
        fail_usage("-- %s: %s", program, strerror(errno));
    }
    char *copy = text_copy(program);
    workload_t out = {.name = text_copy(basename(copy)),
                      .title = text_format("the command %s", program),
                      .stands_for = text_copy("a command given on the command line"),
                      .source = text_copy("program"),
                      .group = text_copy("other"),
                      .expected_s = most_s / TIMES};
    out.argv = text_alloc((words->count + 6) * sizeof *out.argv);
    char *own[] = {"bin/program", "--", "/usr/bin/env", text_format("--chdir=%s", here), found};
    memcpy(out.argv, own, sizeof own);
    memcpy(out.argv + 5, words->items + 1, (words->count - 1) * sizeof *out.argv);
    out.argc = 4 + words->count;
    out.family = out.name;
    read_parameters(&out);
    free(copy);
    return out;
}

workload_t catalogue_of_row(const json_t *row) {
    workload_t out = {.name = string_key(row, "name", "manifest"),
                      .title = string_key(row, "title", "manifest"),
                      .stands_for = string_key(row, "stands_for", "manifest"),
                      .source = string_key(row, "source", "manifest"),
                      .group = string_key(row, "group", "manifest"),
                      .rounds = (unsigned)json_integer_value(json_object_get(row, "rounds")),
                      .expected_s = json_number_value(json_object_get(row, "expected_seconds"))};
    append_words(&out, json_object_get(row, "command"), "command", "manifest");
    out.family = out.name;
    read_parameters(&out);
    return out;
}

/* Whether it takes part without being named. Whole programs run for ten seconds and more each. */
static bool takes_part(const workload_t *workload, bool whole) {
    return whole ? strcmp(workload->source, "program") != 0 : workload->sweep;
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

void catalogue_select(const catalogue_t *all, const text_list_t *patterns, bool whole,
                      catalogue_t *out) {
    *out = (catalogue_t){0};
    bool *used = text_alloc(patterns->count * sizeof *used);
    for (size_t i = 0; i < all->count; i++) {
        const workload_t *w = &all->items[i];
        if (patterns->count == 0 ? takes_part(w, whole) : matches_any(w->name, patterns, used)) {
            add(out, *w);
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
        refuse_damaged(patterns->items[i]);
        workload_t workload = workload_of_trace(patterns->items[i]);
        if (has_name(out, workload.name)) {
            fail_usage("two workloads are called '%s': rename the trace", workload.name);
        }
        add(out, workload);
    }
    free(used);
}
