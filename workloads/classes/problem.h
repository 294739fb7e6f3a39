/*
 * problem.h - the choice of block sizes as a problem in whole numbers.
 *
 * A place is a block size that a table may have. The sizes that are larger than the place before,
 * and no larger than this one, are its own. A class at place i that serves the sizes of the places
 * j+1 … i costs
 *
 *   cost(j, i) = block_cost[i] x (weight of the sizes) - (weight x size, over them) + class_cost[i]
 *
 * that is: each block's waste, with its share of what a slab leaves over at its end, times how long
 * it lives; and the class itself, half a slab that is free, as long as the whole trace. A table
 * costs what its classes cost, so more classes are not free.
 *
 * Bytes are in sixteenths and weights are scaled by a power of two, so that every sum is exact in
 * 64 bits. Block costs need not ascend: a longer block may leave less over at the end of its slab.
 */
#ifndef WORKLOADS_CLASSES_PROBLEM_H
#define WORKLOADS_CLASSES_PROBLEM_H

#include "classes/layout.h"
#include "classes/sizes.h"

enum { CLASS_FRACTION = 16 }; /* parts of a byte */
#define CLASS_RATIO_ONE UINT64_C(1000000)
#define CLASS_NO_BOUND  UINT64_C(0)

typedef struct class_place {
    uint64_t block_bytes;
    int64_t block_cost, class_cost;
    uint64_t least_bytes; /* the smallest size of its own; 0: it has none */
} class_place_t;

typedef struct class_problem {
    class_place_t *places; /* [1] … [count]; a state of the programs is a place, 0 is none */
    int64_t *weights;      /* [i]: of all sizes up to place i … */
    int64_t *useful;       /* … and weight x size of them */
    uint32_t count;
    uint32_t last;         /* the last place with sizes of its own: the table has to reach it */
    uint64_t wmax;         /* millionths, largest block / request; CLASS_NO_BOUND: none */
    uint64_t low, high;    /* the sizes that it is for … */
    uint64_t header_bytes; /* … and what a block holds beside each */
    double unit;           /* a unit of cost, in bytes x time; a power of two */
    double time;           /* of the trace, so that cost x unit / time is bytes in the mean */
    uint64_t own_sizes;    /* distinct ones */
} class_problem_t;

/* The sizes from `low` to `high` (both included) under a layout. Without such sizes `count` is 0.
 */
void problem_open(const sizes_t *sizes, const class_layout_t *layout, uint64_t low, uint64_t high,
                  uint64_t wmax, class_problem_t *out);
/* The same from places and sizes that are given, for tests: `own` has a row for each size. */
void problem_of_places(const class_place_t *places, uint32_t count, const size_row_t *own,
                       uint32_t own_count, uint64_t wmax, class_problem_t *out);
void problem_close(class_problem_t *problem);

/* The places of a whole for a part of its time, to be set as often as parts are looked at. Costs
 * are in the whole's unit. `sizes` are a part's: none of them weighs more than in the whole. */
void problem_part_open(const class_problem_t *whole, class_problem_t *out);
void problem_part_set(const class_problem_t *whole, const sizes_t *sizes, class_problem_t *part);

static inline int64_t problem_cost(const class_problem_t *problem, uint32_t from, uint32_t to) {
    const class_place_t *place = &problem->places[to];
    return place->block_cost * (problem->weights[to] - problem->weights[from]) -
           (problem->useful[to] - problem->useful[from]) + place->class_cost;
}

/* The first place whose block holds so many bytes; count + 1: there is none. */
uint32_t problem_place_for(const class_problem_t *problem, uint64_t bytes);

/* By place, the first state from which a class there may begin, under W_MAX; the place itself when
 * there is none. */
void problem_windows(const class_problem_t *problem, uint32_t *first);

/* Bytes in the mean, over the time of the trace. */
static inline double problem_mean(const class_problem_t *problem, int64_t cost) {
    return (double)cost * problem->unit / problem->time;
}

#endif
