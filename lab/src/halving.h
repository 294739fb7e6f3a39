/*
 * halving.h - the adviser's search without any measuring: which settings there are, which go on.
 *
 * Successive halving (Karnin, Koren & Somekh, ICML 2013): all candidates get a launch, the better
 * half of them another one, and so on, so that time goes to those that may be the best. What is
 * best depends on what is wanted, so there are three rankings, and each keeps its own best:
 *
 *   fastest   speed, less a tenth of the memory that it costs
 *   leanest   memory, less a tenth of the speed that it costs
 *   balanced  both gains together, where nothing is worse than the default by the margin
 *
 * Memory is that at the peak and that at the end: a program that lives on is as at the end.
 *
 * The first candidates are single knobs, each value alone; what is measured of them is also the
 * sensitivity of each knob. From what they gain, combinations are made: the best few values of each
 * ranking together, and the best candidate so far with one knob more. A knob that seems to do
 * nothing is left out: each changed knob costs a tenth of the margin.
 *
 * Estimates here only choose. What is told of a setting comes from other launches (advice.h).
 */
#ifndef LAB_HALVING_H
#define LAB_HALVING_H

#include "baselines.h"
#include "knobs.h"

typedef enum goal { GOAL_FASTEST, GOAL_LEANEST, GOAL_BALANCED, GOALS } goal_t;

/* Logarithms of ratios to the default; NAN: not known. Memory at its peak, and at the end. */
typedef struct score {
    double speed, peak, end;
} score_t;

typedef struct candidate {
    choice_t choice;
    score_t score;
    size_t launches;
    bool alive;
    const allocator_t *allocator; /* the allocator so set (adviser.h) */
} candidate_t;

typedef struct candidates {
    candidate_t *items; /* the first is the default */
    size_t count;
} candidates_t;

const char *goal_name(goal_t goal);

/* The default, and each value of each knob alone: first the first value of each. */
void halving_singles(const knob_table_t *knobs, bool threads, candidates_t *out);

/* Adds combinations, at most so many, as alive. `margin`: 0.02 = 2 %. Returns how many. */
size_t halving_combine(const knob_table_t *knobs, candidates_t *all, double margin, size_t most);

/* Of those alive, so many of the best stay so: of each ranking in turn. What has no estimate is
 * out.
 */
void halving_keep(candidates_t *all, double margin, size_t count);

/* Both figures of memory together, for a ranking: the mean of those that are known, and else 0. */
double halving_memory(score_t score);
/* Worth looking at, above 0; NAN without an estimate. */
double halving_score(score_t score, unsigned changes, goal_t goal, double margin);

/* The place of the best that is alive and better than the default by more than the margin in what
 * the goal wants; 0, the default: none is. */
size_t halving_best(const candidates_t *all, goal_t goal, double margin);

size_t halving_alive(const candidates_t *all); /* beside the default */

#endif
