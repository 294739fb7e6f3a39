/*
 * stopping.h - which workloads need further repetitions.
 *
 * A repetition is spent where it can still decide something. A workload of COMPARE is left out of
 * further blocks, whole (so that its blocks stay complete), when by throughput and by peak memory
 * each of its ratios is either
 *   narrow   its interval is within 1 % of its median on both sides, or
 *   clear    significant among all comparisons of the run (Bonferroni's bound, which is stricter
 *            than the correction of the report), and so far beyond the noise floor that the
 *            interval would have to be four times as wide to reach it.
 * A difference that has just become significant is not clear: to stop there would be to stop at a
 * lucky moment. An allocator without a pair of samples that count decides nothing by going on.
 *
 * The rule looks at whole repetitions before the one that it decides about, and at nothing else: a
 * run that was interrupted decides the same again.
 */
#ifndef LAB_STOPPING_H
#define LAB_STOPPING_H

#include "plan.h"
#include "samples.h"

/* Sets `idle` of every cell of COMPARE for repetition `rep`, from the samples of the repetitions
 * before; before repetition `least` none is. Returns how many workloads are not idle. */
size_t stopping_decide(plan_t *plan, const samples_t *samples, unsigned rep, unsigned least);

/* Sets all of them to run. */
void stopping_reset(plan_t *plan);

#endif
