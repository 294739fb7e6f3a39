/*
 * stopping.h - which cells of the comparison and the confirmation need further repetitions.
 *
 * A repetition is spent where it can still decide something. A cell is left out of further blocks
 * when by steady speed and by peak memory its ratio is
 *   clear    different beyond doubt: p, times all comparisons of the run (Bonferroni's bound, which
 *            is stricter than the correction of the report), is below a quarter of 5 %; or
 *   equal    equivalent within the margin, with a tenth of the margin to spare on both sides.
 * Memory is nearly the same in all launches, and keeps no cell going beyond the fifth.
 * A difference that has just become significant is not clear: to stop there would be to stop at a
 * lucky moment. hakmem's twin goes on until its interval is as narrow as the margin, and is left
 * out from then on; the reference runs as long as any other does. An allocator
 * without a pair of samples that count decides nothing by going on.
 *
 * The rule looks at whole repetitions before the one that it decides about, on this workload and,
 * for what all rows know together (moderate.h), on the others as far as they have come; and at
 * nothing else: a run that was interrupted decides the same again. A cell that dropped out comes
 * back when the others' launches make it look less clear, as they would in the report.
 */
#ifndef LAB_STOPPING_H
#define LAB_STOPPING_H

#include "analysis.h"
#include "plan.h"
#include "samples.h"
#include "stats.h"

typedef struct stopping stopping_t;

/* What is left to decide on a workload. */
typedef struct outlook {
    size_t open;     /* allocators that are undecided */
    double launches; /* so many more should decide the nearest of them: 1 or more; INFINITY: none
                      * will */
    bool twin_open;
} outlook_t;

/* For the cells of COMPARE. `margin`: 0.02 = 2 %. */
stopping_t *stopping_new(plan_t *plan, const samples_t *samples, double margin);
void stopping_free(stopping_t *stopping);

/* Repetitions below `below` of a workload are to be known from now on. */
void stopping_know(stopping_t *stopping, const workload_t *workload, unsigned below);

/* Sets `idle` of the cells on a workload for the repetition after those that are known. */
outlook_t stopping_decide(const stopping_t *stopping, const workload_t *workload);

/* So many more launches should decide a ratio, of `comparisons` in all, if they go on to scatter
 * about the same value and its error falls with the root of their number: as likely as not; 1 or
 * more. */
double stopping_launches(interval_t r, double margin, size_t comparisons);

/* Sets `idle` of the cells of CONFIRM from the repetitions below `below`: pairs that look nowhere
 * better, or worse somewhere by more than twice the margin and what launches scatter, will not be
 * recommended. One that is confirmed on several workloads is the suggestion for all of them, and
 * goes on as a whole; where it does not, each of its cells goes on for its own workload's sake. The
 * twin does not go on: it has nothing to confirm. */
void stopping_confirm(plan_t *plan, const samples_t *samples, unsigned below, double margin);

/* By the repetitions that the plan has of CONFIRM: sets `idle` of the cells that still run but for
 * the pairs that look like a recommendation and are not sure to be one, and the default beside
 * them. How many pairs. */
size_t stopping_confirm_open(plan_t *plan, const run_info_t *info, const samples_t *samples);

/* Sets all of them to run. */
void stopping_reset(plan_t *plan);

#endif
