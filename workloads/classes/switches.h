/*
 * switches.h - the best tables in turn: at most M changes from one table to another while a trace
 * runs, chosen by who knows all of it.
 *
 * The model: the time of the trace is cut into windows (windows.h), and a table is used for a run
 * of windows. A run costs what the best table for the sizes alive in it costs (program.h), with
 * half a slab a class for the time of the run, summed over the pools, which change their tables at
 * the same moments. A change itself is free, and a block that lives across one counts with the
 * classes of each run it lives in, as if it moved. No program that changes its table at edges of
 * windows can do that, so by the same reckoning none costs less with as many changes: a bound to
 * measure them by, not a plan to follow. With no change at all it is what the best table costs.
 *
 * What is found is exact within it. The cost of every run of windows is worked out, W (W + 1) / 2
 * of them, all in one unit and in whole numbers; then
 *
 *   best(m, j) = min(best(m - 1, j), min over i < j of best(m - 1, i) + run(i, j))
 *
 * is the least cost of the first j windows with at most m switches: O(M W^2) beside the runs, each
 * of which takes O(n log n) for n block sizes, or O(k n log n) where a number of classes is given
 * and binds.
 */
#ifndef WORKLOADS_CLASSES_SWITCHES_H
#define WORKLOADS_CLASSES_SWITCHES_H

#include "classes/share.h"
#include "classes/windows.h"

enum { SWITCHES_MOST = WINDOWS_MOST - 1 };

typedef struct switch_plan {
    unsigned runs;                    /* 1 + the switches that gain something */
    unsigned edges[WINDOWS_MOST + 1]; /* run r is of the windows [r] … [r + 1] - 1 */
    double
        costs[SWITCHES_MOST + 1]; /* [m]: with at most m, bytes x time; INFINITY: none in W_MAX */
} switch_plan_t;

/* The pools' problems are of the whole trace. `classes` is the most that all pools may have in each
 * run, 0: as many as pay for themselves. false: there are no such tables within W_MAX. */
bool switches_solve(const windows_t *windows, const share_pool_t *pools, unsigned pool_count,
                    uint32_t classes, unsigned switches, switch_plan_t *out);

#endif
