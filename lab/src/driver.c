/*
 * driver.c - command, environment and record of a sample. See driver.h.
 */
#include "driver.h"

#include "file.h"
#include "manifest.h"
#include "programs.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

/* Of a panel most of the time is others' turns. */
enum { SHORT_SHARE = 4, REST_S = 5, PAD_BYTES = 4096, PANEL_TIMEOUT_S = 600 };

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
json_t *driver_settings(const process_context_t *context, const cell_t *cell) {
    const char *home = getenv("HOME");
    json_t *out =
        json_pack("{s:s, s:s, s:s}", "PATH", SAMPLE_PATH, "HOME", home ? home : "/", "LANG", "C");
    if (cell->allocator->preload) {
        json_object_set_new(out, "LD_PRELOAD", json_string(cell->allocator->path));
    }
    if (cell->allocator->is_hakmem) {
        json_object_update(out, (json_t *)(uintptr_t)context->hakmem_options);
        json_object_set_new(out, "HAKMEM_STRICT_OPTIONS", json_string("1"));
    }
    if (cell->allocator->environment) {
        json_object_update(out, cell->allocator->environment);
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

void driver_free_list(char **list) {
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

/* The option that makes the workload one of so many parts; NULL: it has none. The last of several
 * counts, as for the drivers. */
static char *shorter(const workload_t *w, unsigned parts) {
    static const char *const amounts[] = {"--ops=", "--loop="};
    for (size_t i = w->argc; i-- > 0;) {
        for (size_t j = 0; j < 2; j++) {
            if (text_starts(w->argv[i], amounts[j])) {
                unsigned long long amount = strtoull(w->argv[i] + strlen(amounts[j]), NULL, 10);
                unsigned long long part = amount / parts;
                return text_format("%s%llu", amounts[j], part ? part : 1);
            }
        }
    }
    return NULL;
}

/* A generator's threads have the seeds behind the launch's own, and share none with other launches.
 */
#define SEEDS_OF_LAUNCH 1000

/* What a generator draws is a sample, too: of one sequence of requests an allocator may take 4 %
 * less memory than another, and of the next 1 %. So each launch has its own, the same for all its
 * cells. The confirmation begins where the grid, which has one launch, did not look. */
static char *seed_of_launch(const options_t *o, const cell_t *cell, unsigned rep) {
    const workload_t *w = cell->workload;
    uint64_t first = o->seed_given && !w->keeps_seed ? o->seed : workload_seed(w);
    uint64_t launch = rep + (cell->phase == PHASE_CONFIRM);
    uint64_t seed = first + launch * SEEDS_OF_LAUNCH;
    return text_format("--seed=%llu", (unsigned long long)seed);
}

char **driver_command(const process_context_t *context, const cell_t *cell, unsigned rep,
                      const char *result_path) {
    const workload_t *w = cell->workload;
    const options_t *o = context->options;
    char **argv = text_alloc((w->argc + 14) * sizeof *argv);
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
    size_t own = workload_own_words(w);
    for (size_t i = 0; i < own; i++) {
        argv[count++] = text_copy(w->argv[i]);
    }
    if (w->has_seed) {
        argv[count++] = seed_of_launch(o, cell, rep);
    }
    if (w->has_threads && (o->threads || cell->threads)) {
        argv[count++] = text_format("--threads=%u", cell->threads ? cell->threads : o->threads);
    }
    if (cell->phase == PHASE_LATENCY || cell->phase == PHASE_MEMORY) {
        argv[count++] = text_format("--%s", phase_name(cell->phase));
    }
    /* Timing each operation makes a run several times as long, and a part tells as much. */
    unsigned parts = cell_takes_turns(cell)        ? w->rounds
                     : phase_is_short(cell->phase) ? SHORT_SHARE
                                                   : 1;
    if (parts > 1 && shorter(w, parts)) {
        argv[count++] = shorter(w, parts);
    }
    if (cell_takes_turns(cell)) {
        argv[count++] = text_format("--turns=%d", LAUNCH_CHANNEL);
    }
    if (cell->delay_ps) {
        argv[count++] = text_format("--delay-ps=%llu", (unsigned long long)cell->delay_ps);
    }
    argv[count++] = text_format("--result=%s", result_path);
    for (size_t i = own; i < w->argc; i++) {
        argv[count++] = text_copy(w->argv[i]);
    }
    return argv;
}

/* A file of JSON that a driver or its tracer wrote, which is removed; NULL: there is none. */
static json_t *take_file(const char *path) {
    json_t *out = json_load_file(path, 0, NULL);
    unlink(path);
    return out;
}

outcome_t driver_run(const process_context_t *context, char **argv, json_t *settings,
                     double timeout_s, json_t **result) {
    unlink(context->result_path);
    char **envp = environment_of(settings, 0);
    outcome_t outcome = launch_run(
        &(launch_t){.argv = argv, .envp = envp, .folder = context->root, .timeout_s = timeout_s});
    *result = take_file(context->result_path);
    driver_free_list(envp);
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

bool driver_unchanged(const process_context_t *context, const char *path) {
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

bool driver_intact(const process_context_t *context, const cell_t *cell) {
    char *script = program_script(cell->workload);
    bool intact = driver_unchanged(context, cell->allocator->path) &&
                  driver_unchanged(context, cell->workload->argv[0]) &&
                  (!script || driver_unchanged(context, script));
    free(script);
    return intact;
}

/* The size of the environment moves the stack, and with it what shares a cache line or a page with
 * what: drawn for each sample, it favours none. */
static unsigned draw_pad(const process_context_t *context, const task_t *task) {
    uint64_t hash = context->options->seed * 0x9e3779b97f4a7c15u + task->rep;
    for (const char *c = task->cell->id; *c; c++) {
        hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
    }
    return (unsigned)((hash ^ hash >> 29) % PAD_BYTES);
}

driver_pending_t driver_prepare(const process_context_t *context, task_t task) {
    static unsigned number;
    driver_pending_t out = {.task = task,
                            .settings = driver_settings(context, task.cell),
                            .result_path = text_format("%s-%u", context->result_path, number++),
                            .pad_bytes = draw_pad(context, &task),
                            .was_intact = driver_intact(context, task.cell)};
    unlink(out.result_path); /* one that a killed run left is of another sample */
    out.argv = driver_command(context, task.cell, task.rep, out.result_path);
    out.envp = environment_of(out.settings, out.pad_bytes);
    return out;
}

launch_t driver_launch(const process_context_t *context, const driver_pending_t *pending) {
    const cell_t *cell = pending->task.cell;
    bool rests = cell->phase == PHASE_MEMORY;
    double timeout_s = TIMEOUT_FACTOR * cell->workload->expected_s;
    return (launch_t){.argv = pending->argv,
                      .envp = pending->envp,
                      .folder = context->root,
                      .timeout_s = (timeout_s > TIMEOUT_LEAST_S ? timeout_s : TIMEOUT_LEAST_S) +
                                   (rests ? REST_S : 0) +
                                   (cell_takes_turns(cell) ? PANEL_TIMEOUT_S : 0),
                      .speaks = cell_takes_turns(cell),
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
json_t *driver_complete(const process_context_t *context, driver_pending_t *pending,
                        outcome_t *outcome) {
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
        if (!pending->was_intact || !driver_intact(context, task->cell)) {
            json_object_set_new(record, "status", json_string("replaced"));
        }
    }
    json_decref(pending->settings);
    json_decref(calls);
    json_decref(result);
    driver_free_list(pending->argv);
    driver_free_list(pending->envp);
    free(pending->result_path);
    free(calls_path);
    free(outcome->points);
    return record;
}
