/*
 * process.c - the executor that starts driver processes. See process.h.
 */
#include "process.h"

#include "launch.h"
#include "manifest.h"
#include "programs.h"
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
enum {
    TIMEOUT_FACTOR = 40,
    TIMEOUT_LEAST_S = 60,
    PROOF_OPERATIONS = 2000,
    SHORT_SHARE = 4,
    REST_S = 5,
    RESTS_AT_ONCE = 12,
    PAD_BYTES = 4096
};

/* What a driver says when only its rest is left: common/memory.h of the workloads. */
static const char rest_line[] = "memory: all freed, resting\n";

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
    json_t *out =
        json_pack("{s:s, s:s, s:s}", "PATH", SAMPLE_PATH, "HOME", home ? home : "/", "LANG", "C");
    if (cell->allocator->preload) {
        json_object_set_new(out, "LD_PRELOAD", json_string(cell->allocator->path));
    }
    if (cell->allocator->environment) {
        json_object_update(out, cell->allocator->environment);
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

/* With LAB_PAD of so many bytes, which a driver ignores. */
static char **environment_of(json_t *settings, unsigned pad_bytes) {
    char **out = text_alloc((json_object_size(settings) + 2) * sizeof *out);
    size_t count = 0;
    const char *name;
    json_t *value;
    json_object_foreach(settings, name, value) {
        out[count++] = text_format("%s=%s", name, json_string_value(value));
    }
    out[count] = text_format("LAB_PAD=%*s", (int)pad_bytes, "");
    return out;
}

/* Timing each operation makes a run several times as long, and a part of the operations tells the
 * percentiles as well: the option that makes the workload a SHORT_SHARE-th; NULL: it has none.
 * The last of several counts, as for the drivers. */
static char *shorter(const workload_t *w) {
    static const char *const amounts[] = {"--ops=", "--loop="};
    for (size_t i = w->argc; i-- > 0;) {
        for (size_t j = 0; j < 2; j++) {
            if (text_starts(w->argv[i], amounts[j])) {
                unsigned long long amount = strtoull(w->argv[i] + strlen(amounts[j]), NULL, 10);
                unsigned long long part = amount / SHORT_SHARE;
                return text_format("%s%llu", amounts[j], part ? part : 1);
            }
        }
    }
    return NULL;
}

/* The workload's command, the user's --seed and --threads where it has them, and what the lab
 * adds. */
static char **command_of(const process_context_t *context, const cell_t *cell,
                         const char *result_path) {
    const workload_t *w = cell->workload;
    const options_t *o = context->options;
    char **argv = text_alloc((w->argc + 12) * sizeof *argv);
    size_t count = 0;
    if (cell->phase == PHASE_CALLS) {
        argv[count++] = text_copy(CALLS_PROGRAM);
        argv[count++] = text_format("--result=%s.calls", result_path);
        argv[count++] = text_copy("--");
    }
    if (cell->allocator->loader) {
        argv[count++] = text_copy(cell->allocator->loader);
        argv[count++] = text_copy("--library-path");
        argv[count++] = text_copy(cell->allocator->library_path);
    }
    for (size_t i = 0; i < w->argc; i++) {
        argv[count++] = text_copy(w->argv[i]);
    }
    if (o->seed_given && w->has_seed) {
        argv[count++] = text_format("--seed=%llu", (unsigned long long)o->seed);
    }
    if (w->has_threads && (o->threads || cell->threads)) {
        argv[count++] = text_format("--threads=%u", cell->threads ? cell->threads : o->threads);
    }
    if (cell->phase == PHASE_LATENCY || cell->phase == PHASE_MEMORY) {
        argv[count++] = text_format("--%s", phase_name(cell->phase));
    }
    if (phase_is_short(cell->phase) && shorter(w)) {
        argv[count++] = shorter(w);
    }
    argv[count++] = text_format("--result=%s", result_path);
    return argv;
}

/* A file of JSON that a driver or its tracer wrote, which is removed; NULL: there is none. */
static json_t *take_file(const char *path) {
    json_t *out = json_load_file(path, 0, NULL);
    unlink(path);
    return out;
}

static outcome_t run_driver(const process_context_t *context, char **argv, json_t *settings,
                            double timeout_s, json_t **result) {
    unlink(context->result_path);
    char **envp = environment_of(settings, 0);
    outcome_t outcome = launch_run(
        &(launch_t){.argv = argv, .envp = envp, .folder = context->root, .timeout_s = timeout_s});
    *result = take_file(context->result_path);
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
    char *script = program_script(cell->workload);
    bool intact = is_unchanged(context, cell->allocator->path) &&
                  is_unchanged(context, cell->workload->argv[0]) &&
                  (!script || is_unchanged(context, script));
    free(script);
    return intact;
}

/* A sample between its start and its record. */
typedef struct pending {
    task_t task;
    json_t *settings;
    char **argv, **envp, *result_path;
    unsigned pad_bytes;
    bool was_intact;
} pending_t;

/* The size of the environment moves the stack, and with it what shares a cache line or a page with
 * what: drawn for each sample, it favours none. */
static unsigned draw_pad(const process_context_t *context, const task_t *task) {
    uint64_t hash = context->options->seed * 0x9e3779b97f4a7c15u + task->rep;
    for (const char *c = task->cell->id; *c; c++) {
        hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
    }
    return (unsigned)((hash ^ hash >> 29) % PAD_BYTES);
}

static pending_t prepare(const process_context_t *context, task_t task) {
    static unsigned number;
    pending_t out = {.task = task,
                     .settings = settings_of(context, task.cell),
                     .result_path = text_format("%s-%u", context->result_path, number++),
                     .pad_bytes = draw_pad(context, &task),
                     .was_intact = is_intact(context, task.cell)};
    unlink(out.result_path); /* one that a killed run left is of another sample */
    out.argv = command_of(context, task.cell, out.result_path);
    out.envp = environment_of(out.settings, out.pad_bytes);
    return out;
}

static launch_t launch_of(const process_context_t *context, const pending_t *pending) {
    const cell_t *cell = pending->task.cell;
    bool rests = cell->phase == PHASE_MEMORY;
    double timeout_s = TIMEOUT_FACTOR * cell->workload->expected_s;
    return (launch_t){.argv = pending->argv,
                      .envp = pending->envp,
                      .folder = context->root,
                      .timeout_s = (timeout_s > TIMEOUT_LEAST_S ? timeout_s : TIMEOUT_LEAST_S) +
                                   (rests ? REST_S : 0),
                      .watch_memory = rests,
                      .rest_line = rests ? rest_line : NULL};
}

/* {"every_ms": 5, "points": [[clock_ns, bytes], …]} */
static json_t *resident_json(const outcome_t *outcome) {
    json_t *points = json_array();
    for (size_t i = 0; i < outcome->point_count; i++) {
        const resident_point_t *p = &outcome->points[i];
        json_array_append_new(points,
                              json_pack("[I,I]", (json_int_t)p->clock_ns, (json_int_t)p->bytes));
    }
    return json_pack("{s:i, s:o}", "every_ms", LAUNCH_WATCH_MS, "points", points);
}

/* The record, or NULL when interrupted. Frees what belongs to the sample. */
static json_t *complete(const process_context_t *context, pending_t *pending, outcome_t *outcome) {
    const task_t *task = &pending->task;
    json_t *result = take_file(pending->result_path), *record = NULL;
    char *calls_path = text_format("%s.calls", pending->result_path);
    json_t *calls = take_file(calls_path);
    if (!outcome->interrupted) {
        record =
            sample_record(task->cell, task->rep, task->order, outcome, result, pending->settings);
        json_object_set_new(record, "environment_pad_bytes", json_integer(pending->pad_bytes));
        if (calls) {
            json_object_set(record, "calls", calls);
        }
        if (outcome->point_count > 0) {
            json_object_set_new(record, "resident", resident_json(outcome));
        }
        /* before and after: a slow sample may span both */
        if (!pending->was_intact || !is_intact(context, task->cell)) {
            json_object_set_new(record, "status", json_string("replaced"));
        }
    }
    json_decref(pending->settings);
    json_decref(calls);
    json_decref(result);
    free_list(pending->argv);
    free_list(pending->envp);
    free(pending->result_path);
    free(calls_path);
    free(outcome->points);
    return record;
}

static json_t *measure(void *opaque, const cell_t *cell, unsigned rep, unsigned order) {
    const process_context_t *context = opaque;
    pending_t pending = prepare(context, (task_t){cell, rep, order});
    launch_t launch = launch_of(context, &pending);
    outcome_t outcome = launch_run(&launch);
    return complete(context, &pending, &outcome);
}

typedef struct batch {
    const process_context_t *context;
    pending_t *pending;
    void (*done)(void *sink, const task_t *task, json_t *record);
    void *sink;
    uint64_t last_ns; /* when the one before ended */
    bool whole;
} batch_t;

/* Samples that overlap share the time: each has what passed since the end of the one before. */
static void end_of_one(void *opaque, size_t place, outcome_t *outcome) {
    batch_t *batch = opaque;
    task_t task = batch->pending[place].task;
    json_t *record = complete(batch->context, &batch->pending[place], outcome);
    uint64_t now_ns = clock_now_ns();
    batch->whole &= record != NULL;
    if (record) {
        json_object_set_new(record, "share_ns",
                            json_integer((json_int_t)(now_ns - batch->last_ns)));
        batch->done(batch->sink, &task, record);
    }
    batch->last_ns = now_ns;
}

static bool measure_batch(void *opaque, const task_t *tasks, size_t count,
                          void (*done)(void *sink, const task_t *task, json_t *record),
                          void *sink) {
    batch_t batch = {.context = opaque,
                     .pending = text_alloc((count + 1) * sizeof *batch.pending),
                     .done = done,
                     .sink = sink,
                     .last_ns = clock_now_ns(),
                     .whole = true};
    launch_t *list = text_alloc((count + 1) * sizeof *list);
    for (size_t i = 0; i < count; i++) {
        batch.pending[i] = prepare(opaque, tasks[i]);
        list[i] = launch_of(opaque, &batch.pending[i]);
    }
    launch_batch(list, count, RESTS_AT_ONCE, end_of_one, &batch);
    free(list);
    free(batch.pending);
    return batch.whole && !launch_interrupted();
}

executor_t process_executor(process_context_t *context) {
    return (executor_t){measure, context, measure_batch};
}

json_t *process_waste(process_context_t *context, const allocator_t *allocator) {
    static char *argv[] = {WASTE_PROGRAM, NULL};
    const workload_t workload = {.name = "waste", .argv = argv, .argc = 1};
    const cell_t cell = {.workload = &workload, .allocator = allocator, .phase = PHASE_COMPARE};
    json_t *settings = settings_of(context, &cell), *result, *record = NULL;
    char **command = command_of(context, &cell, context->result_path);
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
        if (w->sweep && !file_exists(text_format("%s/" CALLS_PROGRAM, context->root))) {
            fail(CALLS_PROGRAM " is not built: run ./build.sh");
        }
        (void)is_unchanged(context, w->argv[0]);
        if (program_script(w)) {
            (void)is_unchanged(context, program_script(w));
        }
    }
    workload_t proof = proof_workload();
    for (size_t i = 0; i < allocators->count; i++) {
        allocator_t *a = &allocators->items[i];
        cell_t cell = {.phase = PHASE_COMPARE, .workload = &proof, .allocator = a};
        json_t *settings = settings_of(context, &cell), *result;
        char status[STATUS_TEXT], **argv = command_of(context, &cell, context->result_path);
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
