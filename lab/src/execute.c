/*
 * execute.c - the loop over the samples of a block. See execute.h.
 */
#include "execute.h"

#include "text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The same parameters are the same work, so every allocator must arrive at the same checksum. The
 * first good sample of the workload sets it; latency samples, which are shorter, have their own. */
static void check_work(const samples_t *samples, json_t *record) {
    sample_t sample;
    if (!sample_read(record, &sample) || sample_failed(&sample)) {
        return;
    }
    for (size_t i = 0; i < samples->count; i++) {
        const sample_t *first = &samples->items[i];
        bool same_work = phase_is_short(first->phase) == phase_is_short(sample.phase) &&
                         first->threads == sample.threads;
        if (same_work && strcmp(first->workload, sample.workload) == 0 && !sample_failed(first)) {
            if (strcmp(first->checksum, sample.checksum) != 0) {
                json_object_set_new(record, "status", json_string("wrong checksum"));
            }
            return;
        }
    }
}

static void keep_record(void *sink, const task_t *task, json_t *record) {
    execution_t *execution = sink;
    check_work(execution->samples, record);
    samples_append(execution->file, execution->samples, record);
    const sample_t *last = &execution->samples->items[execution->samples->count - 1];
    progress_done(execution->progress, task->cell->cost_s, last->share_s, sample_failed(last));
    progress_cell(execution->progress, task->cell->id); /* of a batch: what ended last */
    json_decref(record);
}

static bool execute_one(execution_t *execution, const task_t *task) {
    executor_t *executor = &execution->executor;
    progress_cell(execution->progress, task->cell->id);
    json_t *record = executor->sample(executor->context, task->cell, task->rep, task->order);
    if (record) {
        keep_record(execution, task, record);
    }
    return record != NULL;
}

static bool execute_tasks(execution_t *execution, const task_t *tasks, size_t count) {
    executor_t *executor = &execution->executor;
    bool whole = true;
    if (executor->batch && count > 0 && tasks[0].cell->phase == PHASE_MEMORY) {
        progress_cell(execution->progress, "memory, with overlapping rests");
        return executor->batch(executor->context, tasks, count, keep_record, execution);
    }
    for (size_t i = 0; i < count && whole; i++) {
        whole = execute_one(execution, &tasks[i]);
    }
    return whole;
}

bool execute_block(execution_t *execution, unsigned phases, unsigned rep) {
    plan_t *plan = execution->plan;
    size_t *order = text_alloc((plan->count + 1) * sizeof *order), missing = 0;
    size_t count = plan_block(plan, phases, rep, order);
    task_t *tasks = text_alloc((count + 1) * sizeof *tasks);
    for (size_t i = 0; i < count; i++) {
        const cell_t *cell = &plan->cells[order[i]];
        if (!samples_has(execution->samples, cell->id, rep)) {
            tasks[missing++] = (task_t){cell, rep, (unsigned)i};
        }
    }
    bool whole = execute_tasks(execution, tasks, missing);
    free(tasks);
    free(order);
    return whole;
}

/* What the first sample of a cell took; NAN without one. */
static double first_seconds(const samples_t *samples, const char *cell) {
    for (size_t i = 0; i < samples->count; i++) {
        if (samples->items[i].rep == 0 && strcmp(samples->items[i].cell, cell) == 0) {
            return samples->items[i].share_s;
        }
    }
    return NAN;
}

void execute_learn_costs(execution_t *execution, phase_t phase) {
    for (size_t i = 0; i < execution->plan->count; i++) {
        cell_t *cell = &execution->plan->cells[i];
        double seconds = cell->phase == phase ? first_seconds(execution->samples, cell->id) : NAN;
        cell->cost_s = isnan(seconds) ? cell->cost_s : seconds;
    }
}

void execute_guess_costs(execution_t *execution) {
    for (size_t i = 0; i < execution->plan->count; i++) {
        cell_t *cell = &execution->plan->cells[i];
        char *twin = text_format("%s/%s/%s", phase_name(PHASE_LATENCY), cell->workload->name,
                                 cell->allocator->key);
        double seconds = first_seconds(execution->samples, twin);
        cell->cost_s = isnan(seconds) ? cell->cost_s : seconds;
        free(twin);
    }
}

size_t execute_missing(const execution_t *execution, unsigned phases, unsigned from, unsigned below,
                       double *seconds) {
    const plan_t *plan = execution->plan;
    size_t count = 0;
    *seconds = 0;
    for (size_t i = 0; i < plan->count; i++) {
        const cell_t *cell = &plan->cells[i];
        for (unsigned rep = from; rep < below && rep < plan->reps[cell->phase]; rep++) {
            if ((phases >> cell->phase & 1) && !cell->idle &&
                !samples_has(execution->samples, cell->id, rep)) {
                count++;
                *seconds += cell->cost_s;
            }
        }
    }
    return count;
}
