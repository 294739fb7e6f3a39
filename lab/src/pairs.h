/*
 * pairs.h - two cells side by side, launch by launch: what every ratio of the lab is made of.
 *
 * Samples of two cells are paired by repetition, which is a block of neighbours in time (plan.h).
 * Speed of samples that were measured in turns is of the turns of the same blocks: all work over
 * all its time, of the one over the other. A block that was disturbed counts only where fewer than
 * three others are left. The mean, not the median turn: an allocator that gives memory back every
 * so often, and faults it in again, has that in few turns, and a program pays for it all the same.
 *
 * Speed is operations per second: of processor time for a workload of one thread in turns (waiting
 * for a processor is the machine's doing), of wall time elsewhere.
 */
#ifndef LAB_PAIRS_H
#define LAB_PAIRS_H

#include "samples.h"
#include "stats.h"

typedef double (*sample_value_t)(const sample_t *sample); /* NAN where it does not count */

/* Of a whole sample; in turns, of all turns of undisturbed blocks, or of all. */
double sample_speed(const sample_t *sample);
/* Of the start, in turns: fill and first round. NAN elsewhere. */
double sample_start_speed(const sample_t *sample);

/* `cell` over `other`, of the repetitions from `from` on and below `below`. */
interval_t pairs_ratio_of(const samples_t *samples, const char *cell, const char *other,
                          sample_value_t value, unsigned from, unsigned below, uint64_t seed);
/* From the first on. */
interval_t pairs_ratio(const samples_t *samples, const char *cell, const char *other,
                       sample_value_t value, unsigned below, uint64_t seed);
/* The value in both cells, of the repetitions below `below` where both count: into `a` and `b`,
 * which have room for every sample. Returns how many. */
size_t pairs_values(const samples_t *samples, const char *cell, const char *other,
                    sample_value_t value, unsigned below, double *a, double *b);

#endif
