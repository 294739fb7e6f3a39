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

/* A sample to be made. */
typedef struct task {
    const cell_t *cell;
    unsigned rep, order;
} task_t;

/* How long a panel goes on. */
typedef struct panel_shape {
    uint64_t rounds; /* of each turn, 0: to be found; the same in all panels of a workload */
    unsigned blocks; /* undisturbed ones */
    bool drains;     /* what is left after a drain and 100 ms of rest is read */
} panel_shape_t;

/* One sample's record, or NULL when interrupted. */
typedef struct executor {
    json_t *(*sample)(void *context, const cell_t *cell, unsigned rep, unsigned order);
    void *context;
    /* The same of many, whose rests may overlap; `done` gets each record as it is there. False when
     * interrupted. NULL: they are done one by one. */
    bool (*batch)(void *context, const task_t *tasks, size_t count,
                  void (*done)(void *sink, const task_t *task, json_t *record), void *sink);
    /* Cells of one workload in turns (panel.h); `records` gets one each. False when interrupted:
     * then there are none. */
    bool (*panel)(void *context, const task_t *tasks, size_t count, panel_shape_t shape,
                  json_t **records);
} executor_t;

typedef struct execution {
    plan_t *plan;
    samples_t *samples;
    int file; /* samples.jsonl */
    executor_t executor;
    progress_t *progress;
} execution_t;

/* Runs what is missing of repetition `rep` of a phase on one workload. False when interrupted. */
bool execute_block(execution_t *execution, phase_t phase, const workload_t *workload, unsigned rep);

/* The same on all workloads of the phase; what is measured once is one block over all of them. */
bool execute_repetition(execution_t *execution, phase_t phase, unsigned rep);

/* Sets the cells' costs of a phase to what their first sample took: later ones must not change what
 * a run decides by them, or one that is resumed would decide differently. */
void execute_learn_costs(execution_t *execution, phase_t phase);

/* Blocks of a panel. */
enum { PANEL_BLOCKS = 10 };
/* In so many launches of the comparison what is left after the drain is read: it hardly differs. */
enum { PANEL_DRAINS = 3 };

/* How many samples of a phase's repetitions `from` … below-1 are missing, and their cost. */
size_t execute_missing(const execution_t *execution, phase_t phase, unsigned from, unsigned below,
                       double *seconds);

#endif
