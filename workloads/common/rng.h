/*
 * rng.h - seeded random numbers, the same on every machine.
 *
 * xoshiro256** (Blackman & Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS
 * 2021), seeded through splitmix64 as its authors advise: neighbouring seeds give unrelated
 * streams. A generator belongs to one thread.
 */
#ifndef WORKLOADS_RNG_H
#define WORKLOADS_RNG_H

#include <stdint.h>

typedef struct rng {
    uint64_t state[4];
} rng_t;

static inline uint64_t rng_splitmix(uint64_t *state) {
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline void rng_seed(rng_t *rng, uint64_t seed) {
    for (int i = 0; i < 4; i++)
        rng->state[i] = rng_splitmix(&seed);
}

static inline uint64_t rng_rotl(uint64_t x, int k) {
    return (x << k) | (x >> (64 - k));
}

static inline uint64_t rng_next(rng_t *rng) {
    uint64_t *s = rng->state;
    uint64_t result = rng_rotl(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rng_rotl(s[3], 45);
    return result;
}

/* Uniform in [0, bound), bound > 0. The bias of the multiplication is below 2^-32 for bounds under
 * 2^32, far below what a workload could show. */
static inline uint64_t rng_below(rng_t *rng, uint64_t bound) {
    return (uint64_t)(((unsigned __int128)rng_next(rng) * bound) >> 64);
}

/* Uniform in [0, 1). */
static inline double rng_unit(rng_t *rng) {
    return (double)(rng_next(rng) >> 11) * 0x1.0p-53;
}

#endif
