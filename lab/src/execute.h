/*
 * execute.h - carries a plan out, block by block, whatever an "executor" is: the one that starts
 * processes (process.h), or a mock in the tests.
 *
 * Samples that are in samples.jsonl already are not measured again, so the same loop starts a run
 * and resumes one.
 */
#ifndef LAB_EXECUTE_H
#define LAB_EXECUTE_H

#include "plan.h"
#include "progress.h"
#include "samples.h"

/* One sample's record, or NULL when interrupted. */
typedef struct executor {
    json_t *(*sample)(void *context, const cell_t *cell, unsigned rep, unsigned order);
    void *context;
} executor_t;

typedef struct execution {
    plan_t *plan;
    samples_t *samples;
    int file; /* samples.jsonl */
    executor_t executor;
    progress_t *progress;
} execution_t;

/* Runs what is missing of repetition `rep` over `phases`. False when interrupted. */
bool execute_block(execution_t *execution, unsigned phases, unsigned rep);

/* Sets the cells' costs of a phase to the medians of what its samples took. */
void execute_learn_costs(execution_t *execution, phase_t phase);

/* Costs of COMPARE cells from the LATENCY samples, of GRID cells from hakmem's. */
void execute_guess_costs(execution_t *execution);

/* How many samples of the phases' repetitions `from` … reps-1 are missing, and their cost. */
size_t execute_missing(const execution_t *execution, unsigned phases, unsigned from, unsigned below,
                       double *seconds);

#endif
