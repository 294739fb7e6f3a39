/*
 * draw.h - block sizes drawn from a distribution.
 *
 * Drawn before the clock starts: these use logarithms.
 */
#ifndef WORKLOADS_DRAW_H
#define WORKLOADS_DRAW_H

#include "common/rng.h"
#include "shared/die.h"

#include <math.h>
#include <stdint.h>

/* From least to most, each doubling as likely as any other: real programs ask for many small
 * blocks and few large ones. */
static inline uint32_t draw_log_uniform(rng_t *rng, uint64_t least, uint64_t most) {
    double low = log((double)least), high = log((double)most + 1);
    uint64_t bytes = (uint64_t)exp(low + rng_unit(rng) * (high - low));
    return (uint32_t)(bytes < least ? least : bytes > most ? most : bytes);
}

static inline uint32_t draw_uniform(rng_t *rng, uint64_t least, uint64_t most) {
    return (uint32_t)(least + rng_below(rng, most - least + 1));
}

/* From least to most, the density falling as bytes^-(alpha + 1): the larger, the rarer, without an
 * end before `most`. alpha > 0. */
static inline uint32_t draw_pareto(rng_t *rng, uint64_t least, uint64_t most, double alpha) {
    double cut = 1 - pow((double)least / ((double)most + 1), alpha);
    uint64_t bytes = (uint64_t)((double)least * pow(1 - rng_unit(rng) * cut, -1 / alpha));
    return (uint32_t)(bytes < least ? least : bytes > most ? most : bytes);
}

/* `count` of them, for a run to read. */
static inline void draw_table(rng_t *rng, uint32_t *table, uint32_t count, uint64_t least,
                              uint64_t most) {
    for (uint32_t i = 0; i < count; i++)
        table[i] = draw_log_uniform(rng, least, most);
}

/* What --min and --max say; log-uniform between. */
typedef struct draw_range {
    uint64_t least, most;
} draw_range_t;

static inline void draw_range_check(const draw_range_t *range) {
    if (range->least > range->most)
        die_usage("--min exceeds --max");
}

static inline uint32_t draw_of_range(rng_t *rng, const draw_range_t *range) {
    return draw_log_uniform(rng, range->least, range->most);
}

#endif
