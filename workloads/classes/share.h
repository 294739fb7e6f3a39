/*
 * share.h - the tables of the pools of one allocator, where the number of classes is one for all.
 *
 * Each pool has its own sizes, so without such a number each has its own best table. With it, the
 * least of all ways to divide it is found by the costs of each pool by number of classes.
 */
#ifndef WORKLOADS_CLASSES_SHARE_H
#define WORKLOADS_CLASSES_SHARE_H

#include "classes/program.h"

enum { POOLS_MOST = 2 };

typedef struct share_pool {
    const class_problem_t *problem; /* may be without sizes */
    uint32_t classes_most;          /* of this pool alone */
} share_pool_t;

/* Problems have units of their own; sums of them are exact in the smallest one. */
typedef __int128 share_cost_t;
#define SHARE_NONE ((share_cost_t)1 << 126)

/* Of the pools, in bytes x time. */
double share_unit(const share_pool_t *pools, unsigned count);

/* What the best tables of at most `most` classes in all cost (0: as many as pay for themselves);
 * SHARE_NONE: there are none within W_MAX. `shares`: how many classes each pool may have, so that
 * its own best table is its part of it. */
share_cost_t share_classes(const share_pool_t *pools, unsigned count, uint32_t most,
                           uint32_t *shares);

#endif
