/*
 * proof.h - what a table costs, and what none can cost less than: neither uses the envelopes of
 * program.c.
 *
 * All pairs: let D be any values of the states, one row per number of classes. If no step j to i
 * that W_MAX allows leads from D[k-1][j] to less than D[k][i], then no path to a state costs less
 * than its value: that is how shortest paths are proved, by the potentials of the dual linear
 * program. Where a step does, the bound is lowered by as much, once per layer; so the bound holds
 * for whatever values it is given. It looks at every step there is.
 */
#ifndef WORKLOADS_CLASSES_PROOF_H
#define WORKLOADS_CLASSES_PROOF_H

#include "classes/problem.h"

#define STATE_NONE INT64_MAX /* no table leads there */
enum { TABLE_MOST = 256 };   /* classes */

/* A second or so. */
bool proof_is_affordable(const class_problem_t *problem, uint32_t layers);

/* `rows`: layers + 1; row 0 and 1 may be one and the same, when steps may be any number (`steps`
 * then says how many a path has at most). `cost`: the value to be proved, of the last row. */
int64_t proof_all_pairs(const class_problem_t *problem, const int64_t *const *rows, uint32_t layers,
                        uint32_t steps, int64_t cost);

/* What a table costs, size by size, of which nothing is shared with the program. Classes without
 * sizes cost nothing. INT64_MAX: it does not serve every size, or not within W_MAX. */
int64_t table_evaluate(const class_problem_t *problem, const uint32_t *places, uint32_t count);

/* The fewest classes that serve every size within W_MAX: from the smallest size on, each is the
 * largest that may serve the smallest size not served yet. 0: a size has no block within W_MAX,
 * *misfit (if not NULL). `places` has room for problem->count. */
uint32_t table_fewest(const class_problem_t *problem, uint32_t *places, uint64_t *misfit);

#endif
