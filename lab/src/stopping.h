/*
 * stopping.h - which cells of the comparison need further repetitions.
 *
 * A repetition is spent where it can still decide something. A cell is left out of further blocks
 * when by steady speed and by peak memory its ratio is
 *   clear    different beyond doubt: p, times all comparisons of the run (Bonferroni's bound, which
 *            is stricter than the correction of the report), is below a quarter of 5 %; or
 *   equal    equivalent within the margin, with a tenth of the margin to spare on both sides.
 * Memory is nearly the same in all launches, and keeps no cell going beyond the third.
 * A difference that has just become significant is not clear: to stop there would be to stop at a
 * lucky moment. hakmem's twin goes on until its interval is as narrow as the margin, or the others
 * are decided, whichever is later; the reference runs as long as any other does. An allocator
 * without a pair of samples that count decides nothing by going on.
 *
 * The rule looks at whole repetitions before the one that it decides about, and at the priors of
 * the first ones (moderate.h), and at nothing else: a run that was interrupted decides the same
 * again.
 */
#ifndef LAB_STOPPING_H
#define LAB_STOPPING_H

#include "moderate.h"
#include "plan.h"
#include "samples.h"

enum { STOPPING_VALUES = 2 };

/* What the repetitions of COMPARE below `below` know together, by speed and by memory. */
typedef struct stopping_priors {
    prior_t of[STOPPING_VALUES];
} stopping_priors_t;
stopping_priors_t stopping_priors(const plan_t *plan, const samples_t *samples, unsigned below);

/* Sets `idle` of the cells of COMPARE on a workload for repetition `rep`, from the samples of the
 * repetitions before. Returns how many cells are undecided. `margin`: 0.02 = 2 %. */
size_t stopping_decide(plan_t *plan, const samples_t *samples, const workload_t *workload,
                       unsigned rep, double margin, const stopping_priors_t *priors);

/* Sets all of them to run. */
void stopping_reset(plan_t *plan);

#endif
