/*
 * switches.c - see switches.h.
 */
#include "classes/switches.h"

#include "common/arena.h"

#include <math.h>
#include <string.h>

typedef struct turns {
    share_cost_t run[WINDOWS_MOST][WINDOWS_MOST + 1];  /* [first][end] */
    share_cost_t best[WINDOWS_MOST][WINDOWS_MOST + 1]; /* [switches][end] */
    unsigned from[WINDOWS_MOST][WINDOWS_MOST + 1];     /* where the last run begins */
} turns_t;

/* ---- what each run costs ---- */

static void cost_runs(const windows_t *windows, const share_pool_t *wholes, unsigned pool_count,
                      uint32_t classes, turns_t *out) {
    class_problem_t parts[POOLS_MOST];
    share_pool_t pools[POOLS_MOST];
    uint32_t shares[POOLS_MOST];
    for (unsigned p = 0; p < pool_count; p++) {
        problem_part_open(wholes[p].problem, &parts[p]);
        pools[p] = (share_pool_t){&parts[p], wholes[p].classes_most};
    }
    for (unsigned first = 0; first < windows->count; first++) {
        sizes_t sizes;
        windows_join(windows, first, first, &sizes);
        for (unsigned end = first + 1; end <= windows->count; end++) {
            windows_extend(windows, end - 1, &sizes);
            for (unsigned p = 0; p < pool_count; p++)
                problem_part_set(wholes[p].problem, &sizes, &parts[p]);
            out->run[first][end] = share_classes(pools, pool_count, classes, shares);
        }
        sizes_close(&sizes);
    }
    for (unsigned p = 0; p < pool_count; p++)
        problem_close(&parts[p]);
}

/* ---- where to switch ---- */

static void find_best(turns_t *turns, unsigned windows, unsigned switches) {
    for (unsigned end = 1; end <= windows; end++)
        turns->best[0][end] = turns->run[0][end];
    for (unsigned m = 1; m <= switches; m++) {
        for (unsigned end = 1; end <= windows; end++) {
            turns->best[m][end] = turns->best[m - 1][end];
            for (unsigned first = 1; first < end; first++) {
                share_cost_t before = turns->best[m - 1][first], last = turns->run[first][end];
                if (before == SHARE_NONE || last == SHARE_NONE)
                    continue;
                if (before + last < turns->best[m][end]) {
                    turns->best[m][end] = before + last;
                    turns->from[m][end] = first;
                }
            }
        }
    }
}

/* From the end; a switch that gains nothing is not there. */
static void read_runs(const turns_t *turns, unsigned windows, unsigned switches,
                      switch_plan_t *out) {
    unsigned edges[WINDOWS_MOST + 1] = {windows}, m = switches;
    for (out->runs = 0; edges[out->runs] > 0;) {
        unsigned end = edges[out->runs++];
        while (m > 0 && turns->best[m][end] == turns->best[m - 1][end])
            m--;
        edges[out->runs] = m > 0 ? turns->from[m][end] : 0;
        m -= m > 0;
    }
    for (unsigned r = 0; r <= out->runs; r++)
        out->edges[r] = edges[out->runs - r];
}

bool switches_solve(const windows_t *windows, const share_pool_t *pools, unsigned pool_count,
                    uint32_t classes, unsigned switches, switch_plan_t *out) {
    turns_t *turns = arena_alloc(1, sizeof *turns);
    share_pool_t in_use[POOLS_MOST];
    unsigned in_use_count = 0;
    memset(out, 0, sizeof *out);
    for (unsigned p = 0; p < pool_count; p++) {
        if (pools[p].problem->count > 0)
            in_use[in_use_count++] = pools[p];
    }
    cost_runs(windows, in_use, in_use_count, classes, turns);
    find_best(turns, windows->count, switches);
    for (unsigned m = 0; m <= switches; m++) {
        share_cost_t cost = turns->best[m][windows->count];
        out->costs[m] =
            cost == SHARE_NONE ? INFINITY : (double)cost * share_unit(in_use, in_use_count);
    }
    bool good = out->costs[switches] != INFINITY;
    if (good)
        read_runs(turns, windows->count, switches, out);
    arena_free(turns, 1, sizeof *turns);
    return good;
}
