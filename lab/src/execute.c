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
 * first good sample of the workload and seed sets it; latency samples, which are shorter, have
 * their own. */
static void check_work(const samples_t *samples, json_t *record) {
    sample_t sample;
    if (!sample_read(record, &sample) || sample_failed(&sample)) {
        return;
    }
    for (size_t i = 0; i < samples->count; i++) {
        const sample_t *first = &samples->items[i];
        bool same_work = phase_is_short(first->phase) == phase_is_short(sample.phase) &&
                         first->threads == sample.threads && first->seed == sample.seed &&
                         (first->rounds > 0) == (sample.rounds > 0);
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

/* The rounds of a turn are found once for a workload. */
static uint64_t known_rounds(const samples_t *samples, const char *workload) {
    for (size_t i = 0; i < samples->count; i++) {
        if (samples->items[i].rounds > 0 && strcmp(samples->items[i].workload, workload) == 0) {
            return samples->items[i].rounds;
        }
    }
    return 0;
}

static bool execute_panel(execution_t *execution, const task_t *tasks, size_t count) {
    const cell_t *first = tasks[0].cell;
    panel_shape_t shape = {known_rounds(execution->samples, first->workload->name), PANEL_BLOCKS,
                           first->phase == PHASE_COMPARE && tasks[0].rep < PANEL_DRAINS};
    json_t **records = text_alloc(count * sizeof *records);
    progress_cell(execution->progress, text_format("%s/%s, %zu in turns", phase_name(first->phase),
                                                   first->workload->name, count));
    bool whole =
        execution->executor.panel(execution->executor.context, tasks, count, shape, records);
    for (size_t i = 0; whole && i < count; i++) {
        check_work(execution->samples, records[i]);
    }
    if (whole) {
        samples_append_all(execution->file, execution->samples, records, count);
    }
    for (size_t i = 0; whole && i < count; i++) {
        const sample_t *s = &execution->samples->items[execution->samples->count - count + i];
        progress_done(execution->progress, tasks[i].cell->cost_s, s->share_s, sample_failed(s));
        json_decref(records[i]);
    }
    free(records);
    return whole;
}

static bool execute_missing_of(execution_t *execution, const size_t *order, size_t count,
                               unsigned rep) {
    task_t *tasks = text_alloc((count + 1) * sizeof *tasks);
    size_t missing = 0;
    for (size_t i = 0; i < count; i++) {
        const cell_t *cell = &execution->plan->cells[order[i]];
        if (!samples_has(execution->samples, cell->id, rep)) {
            tasks[missing++] = (task_t){cell, rep, (unsigned)i};
        }
    }
    bool turns = missing > 0 && cell_takes_turns(tasks[0].cell) && execution->executor.panel;
    bool whole =
        turns ? execute_panel(execution, tasks, missing) : execute_tasks(execution, tasks, missing);
    free(tasks);
    return whole;
}

bool execute_block(execution_t *execution, phase_t phase, const workload_t *workload,
                   unsigned rep) {
    size_t *order = text_alloc((execution->plan->count + 1) * sizeof *order);
    size_t count = plan_block(execution->plan, phase, workload, rep, order);
    bool whole = execute_missing_of(execution, order, count, rep);
    free(order);
    return whole;
}

bool execute_repetition(execution_t *execution, phase_t phase, unsigned rep) {
    const plan_t *plan = execution->plan;
    const workload_t **workloads = text_alloc((plan->count + 1) * sizeof *workloads);
    size_t *order = text_alloc((plan->count + 1) * sizeof *order), used = 0;
    size_t count = plan_workloads(plan, phase, rep, workloads);
    bool whole = true;
    for (size_t w = 0; w < count && whole; w++) {
        if (phase_is_once(phase)) { /* rests overlap across workloads */
            used += plan_block(plan, phase, workloads[w], rep, order + used);
        } else {
            whole = execute_block(execution, phase, workloads[w], rep);
        }
    }
    whole = whole && execute_missing_of(execution, order, used, rep);
    free(order);
    free(workloads);
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
        if (!isnan(seconds) && !cell->cost_known) {
            cell->cost_known = true;
            cell->cost_s = seconds;
        }
    }
}

size_t execute_missing(const execution_t *execution, phase_t phase, unsigned from, unsigned below,
                       double *seconds) {
    const plan_t *plan = execution->plan;
    size_t count = 0;
    *seconds = 0;
    for (size_t i = 0; i < plan->count; i++) {
        const cell_t *cell = &plan->cells[i];
        for (unsigned rep = from; rep < below && cell->phase == phase && !cell->idle; rep++) {
            if (!samples_has(execution->samples, cell->id, rep)) {
                count++;
                *seconds += cell->cost_s;
            }
        }
    }
    return count;
}
