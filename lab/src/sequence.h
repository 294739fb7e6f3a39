/*
 * sequence.h - the order of a run's parts, and how many repetitions each gets.
 *
 *   first          a block of the comparison and of the grid on each workload; by then the cost of
 *                  a repetition is measured, not guessed. A workload that the budget has no room
 *                  for is left out, by name
 *   closer looks   LATENCY, CALLS, MEMORY: a block each, where they take less than a share of what
 *                  is left
 *   main           the least number of repetitions of the comparison that carries verdicts
 *   scaling        its few repetitions
 *   confirmation   of what the grid suggests, on fresh samples
 *   rest           one block of the comparison after the other, of those that are undecided
 *                  (stopping.h) where it tells most for its seconds, until all are decided or the
 *                  budget is spent
 *
 * With --reps the numbers are given, and there is no rest. All that is decided on the way follows
 * from the samples that are there, their durations among them, and from no clock. So a run that was
 * killed and resumed goes on as it would have: the same samples give the same continuation. An
 * executor stands between this and processes: the tests have one without.
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
    double reserve_s; /* of the budget, for what is not of samples */
    execution_t execution;
    double spent_s;   /* by the samples so far, in the order in which a run takes them */
    json_t *left_out; /* names of what the budget has no room for */
} sequence_t;

/* Everything that is missing. False when interrupted. */
bool sequence_run(sequence_t *s);

/* Repetitions that a run would get at least, for --dry-run. */
void sequence_preview(sequence_t *s);

#endif
