/*
 * merge_check.c - see merge_check.h.
 */
#include "merge_check.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>

static const json_t *part(const run_info_t *run, const char *object, const char *key) {
    return json_object_get(json_object_get(run->manifest, object), key);
}

static const char *string(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* Absent and null are the same. */
static bool same(const json_t *a, const json_t *b) {
    bool no_a = !a || json_is_null(a), no_b = !b || json_is_null(b);
    return no_a || no_b ? no_a == no_b : json_equal(a, b);
}

static char *shown(const json_t *value) {
    return value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : text_copy("not there");
}

static char *difference(const run_info_t *a, const run_info_t *b, const char *what,
                        const json_t *in_a, const json_t *in_b) {
    return text_format("%s differs: %s in %s, %s in %s", what, shown(in_a), a->run_id, shown(in_b),
                       b->run_id);
}

static bool same_commit(const run_info_t *a, const run_info_t *b) {
    const json_t *commit = part(a, "source", "commit");
    return commit && json_equal(commit, part(b, "source", "commit")) &&
           json_is_false(part(a, "source", "modified")) &&
           json_is_false(part(b, "source", "modified"));
}

static bool same_architecture(const run_info_t *a, const run_info_t *b) {
    return same(part(a, "machine", "architecture"), part(b, "machine", "architecture"));
}

static char *settings_obstacle(const run_info_t *a, const run_info_t *b) {
    static const char *const keys[] = {"command", "threads", "seed_given"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const json_t *in_a = part(a, "options", keys[i]), *in_b = part(b, "options", keys[i]);
        if (!same(in_a, in_b)) {
            return difference(a, b, keys[i], in_a, in_b);
        }
    }
    const json_t *seed = part(a, "options", "seed"), *other = part(b, "options", "seed");
    if (json_is_true(part(a, "options", "seed_given")) && !same(seed, other)) {
        return difference(a, b, "seed, which workloads have as well,", seed, other);
    }
    const json_t *in_a = json_object_get(a->manifest, "hakmem_options");
    const json_t *in_b = json_object_get(b->manifest, "hakmem_options");
    return same(in_a, in_b) ? NULL : difference(a, b, "what hakmem was set to", in_a, in_b);
}

/* The row of `rows` whose value of `key` is that of `like`; NULL: there is none. */
static const json_t *row_like(const json_t *rows, const json_t *like, const char *key) {
    return json_array_get(rows, manifest_place(rows, key, string(like, key)));
}

static char *workloads_obstacle(const run_info_t *a, const run_info_t *b) {
    static const char *const keys[] = {"command", "touch", "claim", "source", "heavy33"};
    size_t index;
    json_t *row;
    json_array_foreach(a->workloads, index, row) {
        const json_t *other = row_like(b->workloads, row, "name");
        for (size_t i = 0; other && i < sizeof keys / sizeof *keys; i++) {
            const json_t *in_a = json_object_get(row, keys[i]);
            const json_t *in_b = json_object_get(other, keys[i]);
            if (!same(in_a, in_b)) {
                return difference(a, b,
                                  text_format("workload %s: its %s", string(row, "name"), keys[i]),
                                  in_a, in_b);
            }
        }
    }
    return NULL;
}

static bool same_library(const run_info_t *a, const run_info_t *b, const json_t *in_a,
                         const json_t *in_b) {
    const char *package = string(in_a, "package");
    bool packaged = *package && strcmp(package, "-") != 0;
    return same(json_object_get(in_a, "sha256"), json_object_get(in_b, "sha256")) ||
           (packaged ? !same_architecture(a, b) : same_commit(a, b));
}

static char *allocators_obstacle(const run_info_t *a, const run_info_t *b) {
    static const char *const keys[] = {"version", "package", "name", "environment"};
    size_t index;
    json_t *row;
    json_array_foreach(a->allocators, index, row) {
        const json_t *other = row_like(b->allocators, row, "key");
        for (size_t i = 0; other && i < sizeof keys / sizeof *keys; i++) {
            const json_t *in_a = json_object_get(row, keys[i]);
            const json_t *in_b = json_object_get(other, keys[i]);
            if (!same(in_a, in_b)) {
                return difference(a, b,
                                  text_format("allocator %s: its %s", string(row, "key"), keys[i]),
                                  in_a, in_b);
            }
        }
        if (other && !same_library(a, b, row, other)) {
            return difference(
                a, b,
                text_format("allocator %s: its library (not one file, and not known to be "
                            "built from one commit)",
                            string(row, "key")),
                json_object_get(row, "sha256"), json_object_get(other, "sha256"));
        }
    }
    return NULL;
}

/* What the build makes. */
static bool is_built(const char *path) {
    return text_starts(path, "bin/") || text_starts(path, "hakmem/");
}

/* Libraries are judged as allocators, by their version. */
static bool is_library(const run_info_t *run, const char *path) {
    size_t count = json_array_size(run->allocators);
    return manifest_place(run->allocators, "path", path) < count ||
           manifest_place(run->allocators, "loader", path) < count;
}

static char *files_obstacle(const run_info_t *a, const run_info_t *b) {
    const json_t *files = json_object_get(b->manifest, "files");
    const char *path;
    json_t *hash;
    json_object_foreach(json_object_get(a->manifest, "files"), path, hash) {
        const json_t *other = json_object_get(files, path);
        bool excused = is_library(a, path) || (is_built(path) && same_commit(a, b)) ||
                       (*path == '/' && !same_architecture(a, b));
        if (other && !json_equal(hash, other) && !excused) {
            return difference(a, b, text_format("the content of %s", path), hash, other);
        }
    }
    return NULL;
}

static char *programs_obstacle(const run_info_t *a, const run_info_t *b) {
    size_t i, j;
    json_t *mine, *theirs;
    json_array_foreach(json_object_get(a->manifest, "programs"), i, mine) {
        json_array_foreach(json_object_get(b->manifest, "programs"), j, theirs) {
            const json_t *version = json_object_get(mine, "version");
            const json_t *other = json_object_get(theirs, "version");
            if (strcmp(string(mine, "program"), string(theirs, "program")) == 0 &&
                !same(version, other)) {
                return difference(a, b, text_format("the version of %s", string(mine, "program")),
                                  version, other);
            }
        }
    }
    return NULL;
}

char *merge_obstacle(const run_info_t *a, const run_info_t *b) {
    static char *(*const checks[])(const run_info_t *, const run_info_t *) = {
        settings_obstacle, workloads_obstacle, allocators_obstacle, programs_obstacle,
        files_obstacle};
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        char *found = checks[i](a, b);
        if (found) {
            return found;
        }
    }
    return NULL;
}

char *merge_unfit(const run_info_t *run) {
    static const command_t fit[] = {COMMAND_SWEEP, COMMAND_PEERS, COMMAND_TUNE};
    const char *command = json_string_value(part(run, "options", "command"));
    for (size_t i = 0; command && i < sizeof fit / sizeof *fit; i++) {
        if (strcmp(command, command_name(fit[i])) == 0) {
            return NULL;
        }
    }
    return text_format("%s is a run of %s; only sweeps, peers and tune can be merged", run->folder,
                       command ? command : "an unknown command");
}
