/*
 * count_process.c - see count_process.h.
 */
#include "count_process.h"

#include "callgrind.h"
#include "file.h"
#include "launch.h"
#include "manifest.h"
#include "programs.h"
#include "samples.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COUNT_SCHEMA = 1, TIMEOUT_S = 600, STILL_WALL_NS = 1000000 };

/* Debian's valgrind is a script, which would be preloaded too and sets variables: the program
 * behind it does all that it does here. */
static const char *const valgrinds[] = {"/usr/bin/valgrind.bin", "/usr/bin/valgrind",
                                        "/usr/local/bin/valgrind"};

static const char *valgrind(void) {
    for (size_t i = 0; i < sizeof valgrinds / sizeof *valgrinds; i++) {
        if (file_exists(valgrinds[i])) {
            return valgrinds[i];
        }
    }
    return NULL;
}

void count_process_check(const char *root) {
    static const char *const made[] = {CALLS_PROGRAM, STILL_LIBRARY};
    if (!valgrind()) {
        fail("valgrind is not there: apt-get install valgrind");
    }
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        if (!file_exists(text_format("%s/%s", root, made[i]))) {
            fail("%s is not built: run ./build.sh", made[i]);
        }
    }
}

/* Where a process leaves what it found out. */
typedef struct paths {
    char *result, *counts, *maps;
} paths_t;

static json_t *settings_of(const process_context_t *context, const count_task_t *task,
                           const paths_t *paths) {
    const allocator_t *a = task->allocator;
    const char *home = getenv("HOME");
    char *preload = text_format("%s/" STILL_LIBRARY "%s%s", context->root, a->preload ? ":" : "",
                                a->preload ? a->path : "");
    json_t *out = json_pack("{s:s, s:s, s:s, s:s}", "PATH", SAMPLE_PATH, "HOME", home ? home : "/",
                            "LANG", "C", "LD_PRELOAD", preload);
    if (a->is_hakmem) {
        json_object_update(out, (json_t *)(uintptr_t)context->hakmem_options);
        json_object_set_new(out, "HAKMEM_STRICT_OPTIONS", json_string("1"));
    }
    if (task->look == LOOK_INSTRUCTIONS) {
        json_object_set_new(out, "STILL_MAPS", json_string(paths->maps));
    }
    free(preload);
    return out;
}

static char **environment_of(const json_t *settings) {
    char **out = text_alloc((json_object_size(settings) + 1) * sizeof *out);
    size_t count = 0;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)settings, name, value) {
        out[count++] = text_format("%s=%s", name, json_string_value(value));
    }
    return out;
}

static char **argv_of(const count_task_t *task, char **command, const paths_t *paths) {
    size_t length = 0, count = 0;
    while (command[length]) {
        length++;
    }
    char **argv = text_alloc((length + 8) * sizeof *argv);
    if (task->look == LOOK_INSTRUCTIONS) {
        argv[count++] = text_copy(valgrind());
        argv[count++] = text_copy("--tool=callgrind");
        argv[count++] = text_copy("--fair-sched=try");
        argv[count++] = text_format("--callgrind-out-file=%s", paths->counts);
    } else {
        argv[count++] = text_copy(CALLS_PROGRAM);
        argv[count++] = text_copy("--fixed-addresses");
        argv[count++] = text_format("--result=%s", paths->counts);
        argv[count++] = text_copy("--");
    }
    for (size_t i = 0; i < length; i++) {
        argv[count++] = command[i];
    }
    argv[count] = text_format("--result=%s", paths->result);
    return argv;
}

/* Sum of the five in the timed part; -1: there were no marks. */
static double timed_calls(const char *path) {
    json_t *counts = json_load_file(path, 0, NULL), *timed = json_object_get(counts, "timed");
    double sum = json_is_object(timed) ? 0 : -1;
    const char *name;
    json_t *value;
    json_object_foreach(timed, name, value) {
        sum += json_number_value(value);
    }
    json_decref(counts);
    return sum;
}

/* Puts the counts into the record; false when there are none. */
static bool add_counts(json_t *record, const count_task_t *task, const paths_t *paths,
                       const json_t *result) {
    const allocator_t *a = task->allocator;
    json_object_set(record, "ops", json_object_get(result, "ops"));
    if (task->look == LOOK_KERNEL) {
        double calls = timed_calls(paths->counts);
        json_object_set_new(record, "calls", json_real(calls));
        json_object_set(record, "faults", json_object_get(result, "minor_faults"));
        return calls >= 0;
    }
    callgrind_counts_t counts;
    bool good = callgrind_read(paths->counts, paths->maps, a->path, !a->preload, &counts);
    json_object_set_new(record, "library", json_real(counts.library));
    json_object_set_new(record, "called", json_real(counts.called));
    json_object_set_new(record, "outside", json_real(counts.outside));
    return good && counts.library > 0;
}

static json_t *command_json(const process_context_t *context, const count_task_t *task) {
    json_t *out = json_array();
    char **words = count_command(task->workload, context->options, task->length);
    for (size_t i = 0; words[i]; i++) {
        json_array_append_new(out, json_string(words[i]));
    }
    return out;
}

static json_t *record_of(const process_context_t *context, const count_task_t *task,
                         const paths_t *paths, const outcome_t *outcome, const json_t *settings) {
    const allocator_t *a = task->allocator;
    char status[STATUS_TEXT];
    json_t *result = json_load_file(paths->result, 0, NULL);
    sample_status(outcome, result, a->path, status);
    json_t *out = json_pack(
        "{s:i, s:s, s:s, s:s, s:O, s:I, s:I, s:s, s:o}", "schema", COUNT_SCHEMA, "library_path",
        a->path, "library_version", a->version, "library_sha256", a->sha256, "settings", settings,
        "ended_unix_ns", (json_int_t)clock_unix_ns(), "elapsed_ns", (json_int_t)outcome->elapsed_ns,
        "output_tail", outcome->output_tail, "command", command_json(context, task));
    const char *said = status;
    if (strcmp(status, "ok") == 0) {
        double wall_ns = json_number_value(json_object_get(result, "wall_ns"));
        said = !add_counts(out, task, paths, result) ? "not counted"
               : wall_ns > STILL_WALL_NS             ? "clock runs" /* libstill was not found */
                                                     : "ok";
    }
    json_object_set_new(out, "status", json_string(said));
    json_object_set_new(out, "result", result ? result : json_null());
    return out;
}

static json_t *measure(void *opaque, const count_task_t *task) {
    const process_context_t *context = opaque;
    paths_t paths = {.result = text_format("%s.result", context->result_path),
                     .counts = text_format("%s.counts", context->result_path),
                     .maps = text_format("%s.maps", context->result_path)};
    char *const files[] = {paths.result, paths.counts, paths.maps};
    for (size_t i = 0; i < 3; i++) {
        unlink(files[i]); /* one that a killed run left is of another process */
    }
    json_t *settings = settings_of(context, task, &paths), *record = NULL;
    char **command = count_command(task->workload, context->options, task->length);
    outcome_t outcome = launch_run(&(launch_t){.argv = argv_of(task, command, &paths),
                                               .envp = environment_of(settings),
                                               .folder = context->root,
                                               .timeout_s = TIMEOUT_S});
    if (!outcome.interrupted) {
        record = record_of(context, task, &paths, &outcome, settings);
    }
    for (size_t i = 0; i < 3; i++) {
        unlink(files[i]);
    }
    json_decref(settings);
    return record;
}

count_executor_t count_process_executor(process_context_t *context) {
    return (count_executor_t){measure, context};
}
