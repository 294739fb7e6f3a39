/*
 * pairs.h - two cells side by side, launch by launch: what every ratio of the lab is made of.
 *
 * Samples of two cells are paired by repetition, which is a block of neighbours in time (plan.h).
 * Speed of samples that were measured in turns is paired turn by turn within each launch, and the
 * launch has the centre of its blocks: the typical turn, whatever a few turns do. What an allocator
 * does in few turns, as giving memory back and faulting it in again, is a figure of its own
 * (sample_rare_work): a program pays for it, but how much of it falls into a launch's turns is
 * chance. A block that was disturbed counts only where fewer than three others are left.
 *
 * Speed is operations per second: of processor time for a workload of one thread in turns (waiting
 * for a processor is the machine's doing), of wall time elsewhere.
 */
#ifndef LAB_PAIRS_H
#define LAB_PAIRS_H

#include "samples.h"
#include "stats.h"

typedef double (*sample_value_t)(const sample_t *sample); /* NAN where it does not count */

/* Of a whole sample; in turns, the median of its turns. */
double sample_speed(const sample_t *sample);
/* By how much the mean turn is longer than the median one (0.05 = 5 %); NAN of few turns. */
double sample_rare_work(const sample_t *sample);
/* Of the start, in turns: fill and first round. NAN elsewhere. */
double sample_start_speed(const sample_t *sample);

/* `cell` over `other`, of the repetitions from `from` on and below `below`. */
interval_t pairs_ratio_of(const samples_t *samples, const char *cell, const char *other,
                          sample_value_t value, unsigned from, unsigned below);
/* From the first on. */
interval_t pairs_ratio(const samples_t *samples, const char *cell, const char *other,
                       sample_value_t value, unsigned below);
/* The value in both cells, of the repetitions below `below` where both count: into `a` and `b`,
 * which have room for every sample. Returns how many. */
size_t pairs_values(const samples_t *samples, const char *cell, const char *other,
                    sample_value_t value, unsigned below, double *a, double *b);

#endif
