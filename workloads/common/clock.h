/*
 * clock.h - two clocks.
 *
 * clock_ns     monotonic nanoseconds from the kernel, for whole measured parts
 * clock_ticks  the cheapest counter there is (TSC on x86-64), for single operations in latency
 * runs; clock_calibrate learns its frequency and its own cost
 *
 * clock_ticks waits for earlier instructions (lfence) but not for later ones: two readings in a row
 * enclose at least the work between them. Its cost is reported beside the latencies, not
 * subtracted.
 */
#ifndef WORKLOADS_CLOCK_H
#define WORKLOADS_CLOCK_H

#include <stdint.h>
#include <time.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

static inline uint64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static inline uint64_t clock_ticks(void) {
#if defined(__x86_64__)
    _mm_lfence();
    return __rdtsc();
#else
    return clock_ns();
#endif
}

/* The same without waiting: some operations around it may be on either side. */
static inline uint64_t clock_ticks_loose(void) {
#if defined(__x86_64__)
    return __rdtsc();
#else
    return clock_ns();
#endif
}

typedef struct clock_rate {
    double ns_per_tick;
    double cost_ns; /* of the two readings around an operation: what an empty one would show */
} clock_rate_t;

clock_rate_t clock_calibrate(void);

void clock_sleep_ms(unsigned ms);

/* Tells a tracer of system calls (bin/calls) where the timed part begins and ends, by a madvise of
 * no bytes at this address, with this advice. It changes nothing and stands outside of the time. */
#define CLOCK_MARK_ADDRESS UINT64_C(0x68616b000000)
enum { CLOCK_MARK_START = 0, CLOCK_MARK_END = 1 };
void clock_mark(int which);

#endif
