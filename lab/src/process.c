/*
 * process.c - the executor that starts driver processes. See process.h.
 */
#include "process.h"

#include "launch.h"
#include "manifest.h"
#include "text.h"
#include "waste.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

/* A sample may take this many times what it is expected to, but at least a minute: only a hang is
 * to be cut off, slowness is a result. */
enum { TIMEOUT_FACTOR = 40, TIMEOUT_LEAST_S = 60, PROOF_OPERATIONS = 2000, LATENCY_SHARE = 4 };

json_t *process_hakmem_options(void) {
    json_t *out = json_object();
    for (char **entry = environ; *entry; entry++) {
        char *equals = strchr(*entry, '=');
        if (!equals || !text_starts(*entry, "HAKMEM_") ||
            text_starts(*entry, "HAKMEM_STRICT_OPTIONS=")) {
            continue;
        }
        char *name = text_format("%.*s", (int)(equals - *entry), *entry);
        json_object_set_new(out, name, json_string(equals + 1));
        free(name);
    }
    return out;
}

/* The whole environment of a sample, as an object. */
static json_t *settings_of(const process_context_t *context, const cell_t *cell) {
    const char *home = getenv("HOME");
    json_t *out = json_pack("{s:s, s:s, s:s}", "PATH", "/usr/local/bin:/usr/bin:/bin", "HOME",
                            home ? home : "/", "LANG", "C");
    if (cell->allocator->preload) {
        json_object_set_new(out, "LD_PRELOAD", json_string(cell->allocator->path));
    }
    if (cell->allocator->is_hakmem) {
        json_object_update(out, (json_t *)(uintptr_t)context->hakmem_options);
        json_object_set_new(out, "HAKMEM_STRICT_OPTIONS", json_string("1"));
    }
    if (cell->wmax_mid) {
        char mid[DEC_TEXT], large[DEC_TEXT];
        dec_print(cell->wmax_mid, mid);
        dec_print(cell->wmax_large, large);
        json_object_set_new(out, "HAKMEM_WMAX_MID", json_string(mid));
        json_object_set_new(out, "HAKMEM_WMAX_LARGE", json_string(large));
    }
    return out;
}

static void free_list(char **list) {
    for (char **item = list; *item; item++) {
        free(*item);
    }
    free(list);
}

static char **environment_of(json_t *settings) {
    char **out = text_alloc((json_object_size(settings) + 1) * sizeof *out);
    size_t count = 0;
    const char *name;
    json_t *value;
    json_object_foreach(settings, name, value) {
        out[count++] = text_format("%s=%s", name, json_string_value(value));
    }
    return out;
}

/* Timing each operation makes a run several times as long, and a part of the operations tells the
 * percentiles as well: the option that makes the workload a LATENCY_SHARE-th; NULL: it has none.
 * The last of several counts, as for the drivers. */
static char *shorter(const workload_t *w) {
    static const char *const amounts[] = {"--ops=", "--loop="};
    for (size_t i = w->argc; i-- > 0;) {
        for (size_t j = 0; j < 2; j++) {
            if (text_starts(w->argv[i], amounts[j])) {
                unsigned long long amount = strtoull(w->argv[i] + strlen(amounts[j]), NULL, 10);
                unsigned long long part = amount / LATENCY_SHARE;
                return text_format("%s%llu", amounts[j], part ? part : 1);
            }
        }
    }
    return NULL;
}

/* The workload's command, the user's --seed and --threads where it has them, and what the lab
 * adds. */
static char **command_of(const process_context_t *context, const cell_t *cell) {
    const workload_t *w = cell->workload;
    const options_t *o = context->options;
    char **argv = text_alloc((w->argc + 6) * sizeof *argv);
    size_t count = 0;
    for (size_t i = 0; i < w->argc; i++) {
        argv[count++] = text_copy(w->argv[i]);
    }
    if (o->seed_given && w->has_seed) {
        argv[count++] = text_format("--seed=%llu", (unsigned long long)o->seed);
    }
    if (o->threads && w->has_threads) {
        argv[count++] = text_format("--threads=%u", o->threads);
    }
    if (cell->phase == PHASE_LATENCY) {
        argv[count++] = text_copy("--latency");
        if (shorter(w)) {
            argv[count++] = shorter(w);
        }
    }
    argv[count++] = text_format("--result=%s", context->result_path);
    return argv;
}

static outcome_t run_driver(const process_context_t *context, char **argv, json_t *settings,
                            double timeout_s, json_t **result) {
    unlink(context->result_path);
    char **envp = environment_of(settings);
    outcome_t outcome = launch_run(&(launch_t){argv, envp, context->root, timeout_s});
    *result = json_load_file(context->result_path, 0, NULL);
    unlink(context->result_path);
    free_list(envp);
    return outcome;
}

/* Libraries and drivers must stay the files that they were, also when somebody builds beside the
 * run and puts the old file back before it ends. A look at the inode is enough as a rule; when that
 * has changed, the content decides. */
typedef struct watched {
    const char *path;
    char *sha256;
    struct stat seen;
} watched_t;

static bool is_unchanged(const process_context_t *context, const char *path) {
    static watched_t *files;
    static size_t count;
    char *whole = *path == '/' ? text_copy(path) : text_format("%s/%s", context->root, path);
    struct stat now = {0};
    bool there = stat(whole, &now) == 0;
    watched_t *file = NULL;
    for (size_t i = 0; i < count && !file; i++) {
        file = strcmp(files[i].path, path) == 0 ? &files[i] : NULL;
    }
    if (!file) {
        files = text_grow(files, count, sizeof *files);
        files[count++] = (watched_t){text_copy(path), file_sha256(whole), now};
        free(whole);
        return there;
    }
    bool same_inode = there && now.st_ino == file->seen.st_ino &&
                      now.st_mtim.tv_sec == file->seen.st_mtim.tv_sec &&
                      now.st_mtim.tv_nsec == file->seen.st_mtim.tv_nsec;
    char *hash = same_inode ? NULL : file_sha256(whole);
    bool same = same_inode || (hash && file->sha256 && strcmp(hash, file->sha256) == 0);
    file->seen = same ? now : file->seen;
    free(hash);
    free(whole);
    return same;
}

static bool is_intact(const process_context_t *context, const cell_t *cell) {
    return is_unchanged(context, cell->allocator->path) &&
           is_unchanged(context, cell->workload->argv[0]);
}

static json_t *measure(void *opaque, const cell_t *cell, unsigned rep, unsigned order) {
    const process_context_t *context = opaque;
    double timeout_s = TIMEOUT_FACTOR * cell->workload->expected_s;
    json_t *settings = settings_of(context, cell), *result, *record = NULL;
    char **argv = command_of(context, cell);
    bool whole = is_intact(context, cell); /* before and after: a slow sample may span both */
    outcome_t outcome =
        run_driver(context, argv, settings,
                   timeout_s > TIMEOUT_LEAST_S ? timeout_s : TIMEOUT_LEAST_S, &result);
    if (!outcome.interrupted) {
        record = sample_record(cell, rep, order, &outcome, result, settings);
        if (!whole || !is_intact(context, cell)) {
            json_object_set_new(record, "status", json_string("replaced"));
        }
    } else {
        json_decref(settings);
    }
    json_decref(result);
    free_list(argv);
    return record;
}

executor_t process_executor(process_context_t *context) {
    return (executor_t){measure, context};
}

json_t *process_waste(process_context_t *context, const allocator_t *allocator) {
    static char *argv[] = {WASTE_PROGRAM, NULL};
    const workload_t workload = {.name = "waste", .argv = argv, .argc = 1};
    const cell_t cell = {.workload = &workload, .allocator = allocator, .phase = PHASE_COMPARE};
    json_t *settings = settings_of(context, &cell), *result, *record = NULL;
    char **command = command_of(context, &cell);
    bool whole = is_intact(context, &cell);
    outcome_t outcome = run_driver(context, command, settings, TIMEOUT_LEAST_S, &result);
    if (!outcome.interrupted) {
        record = waste_record(allocator, &outcome, result, settings);
        if (!whole || !is_intact(context, &cell)) {
            json_object_set_new(record, "status", json_string("replaced"));
        }
    }
    json_decref(settings);
    json_decref(result);
    free_list(command);
    return record;
}

static _Noreturn void explain(const allocator_t *a, const char *status, const outcome_t *outcome,
                              const json_t *result) {
    const char *object = json_string_value(json_object_get(result, "malloc_object"));
    const char *bypass =
        json_string_value(json_object_get(json_object_get(result, "hakmem"), "bypass"));
    if (strcmp(status, "unproven") == 0) {
        fail("%s: malloc of the measured program comes from %s, not from %s", a->key,
             object ? object : "nowhere", a->path);
    }
    if (strcmp(status, "bypassed") == 0) {
        fail("%s: bypassed by %s: its numbers would be libc's. Unset it.", a->key,
             bypass ? bypass : "an option");
    }
    fail("%s: the proof run ended with \"%s\"\n%s", a->key, status, outcome->output_tail);
}

/* mid33 with next to no work; a command that is not mid33 has no such form, so any workload's own
 * driver would do a whole sample. */
static workload_t proof_workload(void) {
    static char operations[32];
    static char *argv[] = {"bin/mid33", operations, NULL};
    snprintf(operations, sizeof operations, "--ops=%d", PROOF_OPERATIONS);
    return (workload_t){.name = "proof", .argv = argv, .argc = 2, .expected_s = 0.01};
}

void process_prove(process_context_t *context, const catalogue_t *workloads,
                   allocator_list_t *allocators) {
    for (size_t i = 0; i < workloads->count; i++) {
        const workload_t *w = &workloads->items[i];
        if (!file_exists(text_format("%s/%s", context->root, w->argv[0])) &&
            !file_exists(w->argv[0])) {
            fail("%s: %s is not built: run ./build.sh", w->name, w->argv[0]);
        }
        (void)is_unchanged(context, w->argv[0]);
    }
    workload_t proof = proof_workload();
    for (size_t i = 0; i < allocators->count; i++) {
        allocator_t *a = &allocators->items[i];
        cell_t cell = {.phase = PHASE_COMPARE, .workload = &proof, .allocator = a};
        json_t *settings = settings_of(context, &cell), *result;
        char status[STATUS_TEXT], **argv = command_of(context, &cell);
        outcome_t outcome = run_driver(context, argv, settings, TIMEOUT_LEAST_S, &result);
        if (outcome.interrupted) {
            exit(130);
        }
        sample_status(&outcome, result, a->path, status);
        if (strcmp(status, "ok") != 0) {
            explain(a, status, &outcome, result);
        }
        const char *version =
            json_string_value(json_object_get(json_object_get(result, "hakmem"), "version"));
        a->version = version ? text_copy(version) : a->version;
        (void)is_unchanged(context, a->path); /* remembers what it is now */
        json_decref(result);
        json_decref(settings);
        free_list(argv);
    }
}
