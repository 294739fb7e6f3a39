/*
 * own_clock.h - a clock that stands still until the test moves it on: what the allocator does by
 * the clock then does not depend on how fast or how busy the machine is.
 *
 * The allocator reads its clock by clock_gettime, which the program that includes this has in
 * libc's place. Nothing else here asks for the time; libc itself does not come by. Each process has
 * its own, a child of fork what its parent had. Include it in one file of a program.
 */
#ifndef OWN_CLOCK_H
#define OWN_CLOCK_H

#include "test.h"

#include <time.h>

static uint64_t own_clock_ms = 1000000, own_clock_reads; /* atomic: threads read it */

static inline void own_clock_advance(uint64_t ms) {
    __atomic_fetch_add(&own_clock_ms, ms, __ATOMIC_RELAXED);
}

/* Fails the test where the allocator asks some other clock. */
static inline void own_clock_check(void) {
    CHECK_MSG(__atomic_load_n(&own_clock_reads, __ATOMIC_RELAXED) > 0, "nobody read the clock");
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    (void)clock;
    uint64_t ms = __atomic_load_n(&own_clock_ms, __ATOMIC_RELAXED);
    __atomic_fetch_add(&own_clock_reads, 1, __ATOMIC_RELAXED);
    now->tv_sec = (time_t)(ms / 1000);
    now->tv_nsec = (long)(ms % 1000 * 1000000);
    return 0;
}

#endif
