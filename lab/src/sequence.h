/*
 * sequence.h - the order of a run's parts, and how many repetitions each gets.
 *
 *   closer looks   LATENCY, CALLS, MEMORY: a block each
 *   first block    of GRID and COMPARE; by then the cost of a repetition is measured, not guessed
 *   main blocks    the grid as often as was then fixed, the comparison as often as a verdict needs
 *   scaling        its few repetitions
 *   confirmation   of what the grid suggests, on fresh samples
 *   the rest       of the comparison: until each workload is decided (stopping.h), or the budget is
 *                  spent; with --reps all of it was among the main blocks
 *
 * All that is decided on the way follows from the samples that are there, their durations among
 * them, and from no clock. So a run that was killed and resumed goes on as it would have: the same
 * samples give the same continuation. An executor stands between this and processes: the tests have
 * one without.
 */
#ifndef LAB_SEQUENCE_H
#define LAB_SEQUENCE_H

#include "execute.h"
#include "manifest.h"

typedef struct sequence {
    const options_t *options;
    plan_t *plan;
    run_info_t *info;   /* its manifest keeps the repetitions */
    const char *folder; /* where the manifest is written; NULL: it is not */
    const allocator_t *hakmem;
    double reserve_s; /* of the budget, for what comes after the samples */
    execution_t execution;
    unsigned announced; /* repetitions that the progress knows of */
} sequence_t;

/* Everything that is missing. False when interrupted. */
bool sequence_run(sequence_t *s);

/* Repetitions that a run of these costs would get, for --dry-run. */
void sequence_preview(sequence_t *s);
/* The dearest that the confirmation can be. */
double sequence_confirm_bound_s(const sequence_t *s);

#endif
