/*
 * execute.c - the loop over the samples of a block. See execute.h.
 */
#include "execute.h"

#include "stats.h"
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
        bool same_length = (first->phase == PHASE_LATENCY) == (sample.phase == PHASE_LATENCY);
        if (same_length && strcmp(first->workload, sample.workload) == 0 && !sample_failed(first)) {
            if (strcmp(first->checksum, sample.checksum) != 0) {
                json_object_set_new(record, "status", json_string("wrong checksum"));
            }
            return;
        }
    }
}

bool execute_block(execution_t *execution, unsigned phases, unsigned rep) {
    plan_t *plan = execution->plan;
    size_t *order = text_alloc((plan->count + 1) * sizeof *order);
    size_t count = plan_block(plan, phases, rep, order);
    bool whole = true;
    for (size_t i = 0; i < count && whole; i++) {
        const cell_t *cell = &plan->cells[order[i]];
        if (samples_has(execution->samples, cell->id, rep)) {
            continue;
        }
        progress_cell(execution->progress, cell->id);
        executor_t *executor = &execution->executor;
        json_t *record = executor->sample(executor->context, cell, rep, (unsigned)i);
        whole = record != NULL;
        if (whole) {
            check_work(execution->samples, record);
            samples_append(execution->file, execution->samples, record);
            const sample_t *last = &execution->samples->items[execution->samples->count - 1];
            progress_done(execution->progress, cell->cost_s, last->elapsed_s, sample_failed(last));
            json_decref(record);
        }
    }
    free(order);
    return whole;
}

/* Median duration of the samples of a cell; NAN without one. */
static double median_seconds(const samples_t *samples, const char *cell) {
    double *seconds = text_alloc((samples->count + 1) * sizeof *seconds);
    size_t count = 0;
    for (size_t i = 0; i < samples->count; i++) {
        if (strcmp(samples->items[i].cell, cell) == 0) {
            seconds[count++] = samples->items[i].elapsed_s;
        }
    }
    double median = stats_median(seconds, count);
    free(seconds);
    return median;
}

void execute_learn_costs(execution_t *execution, phase_t phase) {
    for (size_t i = 0; i < execution->plan->count; i++) {
        cell_t *cell = &execution->plan->cells[i];
        double seconds = cell->phase == phase ? median_seconds(execution->samples, cell->id) : NAN;
        cell->cost_s = isnan(seconds) ? cell->cost_s : seconds;
    }
}

void execute_guess_costs(execution_t *execution) {
    for (size_t i = 0; i < execution->plan->count; i++) {
        cell_t *cell = &execution->plan->cells[i];
        char *twin = text_format("%s/%s/%s", phase_name(PHASE_LATENCY), cell->workload->name,
                                 cell->allocator->key);
        double seconds = median_seconds(execution->samples, twin);
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
            if ((phases >> cell->phase & 1) && !samples_has(execution->samples, cell->id, rep)) {
                count++;
                *seconds += cell->cost_s;
            }
        }
    }
    return count;
}
