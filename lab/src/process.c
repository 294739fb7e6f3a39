/*
 * process.c - the executor that starts driver processes. See process.h.
 */
#include "process.h"

#include "driver.h"
#include "file.h"
#include "manifest.h"
#include "panel.h"
#include "programs.h"
#include "text.h"
#include "waste.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROOF_OPERATIONS = 2000, RESTS_AT_ONCE = 12 };

static json_t *measure(void *opaque, const cell_t *cell, unsigned rep, unsigned order) {
    const process_context_t *context = opaque;
    driver_pending_t pending = driver_prepare(context, (task_t){cell, rep, order});
    launch_t launch = driver_launch(context, &pending);
    outcome_t outcome = launch_run(&launch);
    return driver_complete(context, &pending, &outcome);
}

typedef struct batch {
    const process_context_t *context;
    driver_pending_t *pending;
    void (*done)(void *sink, const task_t *task, json_t *record);
    void *sink;
    uint64_t last_ns; /* when the one before ended */
    bool whole;
} batch_t;

/* Samples that overlap share the time: each has what passed since the end of the one before. */
static void end_of_one(void *opaque, size_t place, outcome_t *outcome) {
    batch_t *batch = opaque;
    task_t task = batch->pending[place].task;
    json_t *record = driver_complete(batch->context, &batch->pending[place], outcome);
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
        batch.pending[i] = driver_prepare(opaque, tasks[i]);
        list[i] = driver_launch(opaque, &batch.pending[i]);
    }
    launch_batch(list, count, RESTS_AT_ONCE, end_of_one, &batch);
    free(list);
    free(batch.pending);
    return batch.whole && !launch_interrupted();
}

executor_t process_executor(process_context_t *context) {
    return (executor_t){measure, context, measure_batch, panel_measure};
}

json_t *process_waste(process_context_t *context, const allocator_t *allocator) {
    static char *argv[] = {WASTE_PROGRAM, NULL};
    const workload_t workload = {.name = "waste", .argv = argv, .argc = 1};
    const cell_t cell = {.workload = &workload, .allocator = allocator, .phase = PHASE_COMPARE};
    json_t *settings = driver_settings(context, &cell), *result, *record = NULL;
    char **command = driver_command(context, &cell, 0, context->result_path);
    bool whole = driver_intact(context, &cell);
    outcome_t outcome = driver_run(context, command, settings, TIMEOUT_LEAST_S, &result);
    if (!outcome.interrupted) {
        record = waste_record(allocator, &outcome, result, settings);
        if (!whole || !driver_intact(context, &cell)) {
            json_object_set_new(record, "status", json_string("replaced"));
        }
    }
    json_decref(settings);
    json_decref(result);
    driver_free_list(command);
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
        (void)driver_unchanged(context, w->argv[0]);
        if (program_script(w)) {
            (void)driver_unchanged(context, program_script(w));
        }
    }
    workload_t proof = proof_workload();
    for (size_t i = 0; i < allocators->count; i++) {
        allocator_t *a = &allocators->items[i];
        cell_t cell = {.phase = PHASE_COMPARE, .workload = &proof, .allocator = a};
        json_t *settings = driver_settings(context, &cell), *result;
        char status[STATUS_TEXT], **argv = driver_command(context, &cell, 0, context->result_path);
        outcome_t outcome = driver_run(context, argv, settings, TIMEOUT_LEAST_S, &result);
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
        (void)driver_unchanged(context, a->path); /* remembers what it is now */
        json_decref(result);
        json_decref(settings);
        driver_free_list(argv);
    }
}
