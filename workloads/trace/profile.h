/*
 * profile.h - what a trace looks like in the long run: sizes, lifetimes, rate, threads.
 *
 * Requests are put into groups by size: each of the most frequent sizes is a group of its own, the
 * others are put together four groups a doubling. A *version* of a block is what a malloc or a
 * realloc made; it ends by a free, by the next realloc, or never. Lifetimes are counted in events
 * of the whole trace, by powers of two: an allocator's clock, and known for traces without times.
 *
 * `haktrace stats` measures a profile, `haktrace synth` makes a trace of one. A profile may also
 * come from a table of sizes, rates and live counts (fleetbench's); then lifetimes are exponential.
 */
#ifndef WORKLOADS_TRACE_PROFILE_H
#define WORKLOADS_TRACE_PROFILE_H

#include "trace/trace.h"

enum { PROFILE_LIVES = 33, PROFILE_EXACT = 64, PROFILE_CURVE = 400 };

typedef enum profile_birth {
    BORN_MALLOC,
    BORN_CALLOC,
    BORN_ALIGNED,
    BORN_REALLOC,
    BIRTHS
} profile_birth_t;

typedef struct profile_move {
    uint32_t to; /* group after a realloc */
    double count;
} profile_move_t;

typedef struct profile_group {
    uint64_t low, high; /* sizes, both included */
    double births[BIRTHS];
    double lives[PROFILE_LIVES]; /* [i]: ended after 2^i ≤ events < 2^(i+1) */
    double alive[PROFILE_LIVES]; /* likewise, of those that had not ended when the trace did */
    double mean_life;            /* > 0: lifetimes are exponential, `lives` is not used */
    profile_move_t *moves;       /* ends by realloc: where to */
    uint32_t move_count, move_room;
    unsigned align_shift; /* the last one seen */
} profile_group_t;

typedef struct profile_thread {
    double requests;
    double cross_ends; /* of blocks that another thread made */
} profile_thread_t;

typedef struct profile_point {
    uint64_t event, time_ns; /* 0 without times */
    uint64_t live_bytes, live_blocks;
} profile_point_t;

typedef struct profile {
    profile_group_t *groups; /* by size */
    uint32_t group_count;
    profile_thread_t *threads;
    uint32_t thread_count;
    bool is_table; /* of rates: numbers of events mean nothing but their ratios */
    double events, requests, ends, cross_ends;
    double peak_live_bytes, mean_live_bytes;
    double events_per_s;                  /* 0: not known */
    double block_lives[PROFILE_LIVES];    /* of whole blocks, in events … */
    double block_lives_ns[PROFILE_LIVES]; /* … and in ns, with times */
    profile_point_t curve[PROFILE_CURVE];
    uint32_t curve_count;
} profile_t;

static inline double profile_group_requests(const profile_group_t *group) {
    double sum = 0;
    for (unsigned i = 0; i < BIRTHS; i++)
        sum += group->births[i];
    return sum;
}

/* The exponent of a lifetime's power of two. */
static inline unsigned profile_life(uint64_t age) {
    unsigned life = age == 0 ? 0 : 63 - (unsigned)__builtin_clzll(age);
    return life < PROFILE_LIVES ? life : PROFILE_LIVES - 1;
}

void profile_read(const trace_t *trace, profile_t *out);

/* The profile of a trace in the groups of another profile, to compare the two. Sizes outside all
 * groups count to the next one. */
void profile_read_as(const trace_t *trace, const profile_t *groups, profile_t *out);

/* The group of a size, or the one next to it; there is one at least. */
uint32_t profile_group_of(const profile_t *profile, uint64_t bytes);

/* One more realloc from one group to another. */
void profile_add_move(profile_group_t *from, uint32_t to, double count);

void profile_free(profile_t *profile);

#endif
