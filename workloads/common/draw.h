/*
 * draw.h - block sizes drawn from a distribution.
 *
 * Drawn before the clock starts: these use logarithms.
 */
#ifndef WORKLOADS_DRAW_H
#define WORKLOADS_DRAW_H

#include "common/rng.h"

#include <math.h>
#include <stdint.h>

/* From least to most, each doubling as likely as any other: real programs ask for many small
 * blocks and few large ones. */
static inline uint32_t draw_log_uniform(rng_t *rng, uint64_t least, uint64_t most) {
    double low = log((double)least), high = log((double)most + 1);
    uint64_t bytes = (uint64_t)exp(low + rng_unit(rng) * (high - low));
    return (uint32_t)(bytes < least ? least : bytes > most ? most : bytes);
}

#endif
