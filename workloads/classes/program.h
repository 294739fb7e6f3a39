/*
 * program.h - the best table of block sizes, exactly.
 *
 * A table is a path from state 0 (no size is served yet) over places to one at or beyond the last
 * size, and costs the sum of cost(j, i) over its steps (problem.h). The best one comes from a
 * dynamic program, D(i) = min over j < i of D(j) + cost(j, i). In j, the part that depends on i is
 *
 *   D(j) + useful[j] - block_cost[i] x weight[j]
 *
 * a straight line in block_cost[i] for each j, whose slopes descend with j. So the minimum is read
 * off the lower envelope of the lines, in O(log n) where block costs jump and O(1) in the mean
 * where they ascend (P. Wu 1991 and Galil and Park 1992 use the same fact; it needs no Monge
 * property, which the ends of slabs destroy).
 *
 * W_MAX leaves to each i the states j of a window [first(i), i), both of whose ends never fall. The
 * places are cut into runs at pivots p such that every window of a run contains p: the part up to p
 * is an envelope to which lines are added from p downwards, the part behind it one to which they
 * are added upwards. A line is added at most three times, so the bound costs a factor and no
 * exactness.
 *
 * With at most k classes there are k such layers: O(k n log n), O(k n) where block costs ascend.
 * Without a bound on their number, one layer is enough: O(n log n).
 */
#ifndef WORKLOADS_CLASSES_PROGRAM_H
#define WORKLOADS_CLASSES_PROGRAM_H

#include "classes/problem.h"
#include "classes/proof.h"

typedef enum class_proof {
    PROOF_NONE,      /* too many places, and no number of classes */
    PROOF_ALL_PAIRS, /* the program's values, held against every step there is */
    PROOF_LAGRANGE   /* a price per class instead of their number */
} class_proof_t;

typedef struct class_table {
    uint32_t *places; /* [count], ascending */
    uint32_t count;
    int64_t cost;      /* as the program says … */
    int64_t evaluated; /* … and as table_evaluate says */
    class_proof_t proof;
    int64_t bound;  /* no table costs less; PROOF_NONE: means nothing */
    uint64_t looks; /* at lines: the work that was done */
} class_table_t;

/* The best table of at most `most` classes; false: there is none within W_MAX (table_fewest says
 * how many it takes). */
bool table_solve(const class_problem_t *problem, uint32_t most, class_table_t *out);
/* What that table costs, without a proof; STATE_NONE: there is none. `*count`: it needs no more
 * classes than these. Without any size it has none, and costs nothing. */
int64_t table_least(const class_problem_t *problem, uint32_t most, uint32_t *count);
/* costs[k], of the best table of at most k classes, 1 <= k <= most; INT64_MAX: there is none. */
void table_costs(const class_problem_t *problem, uint32_t most, int64_t *costs);
void table_free(class_table_t *table);

#endif
