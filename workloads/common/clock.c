/*
 * clock.c - frequency and cost of the tick counter; see clock.h.
 *
 * Frequency: ticks and kernel time over 20 ms, an error of some 10 ppm, far below a bucket of the
 * latency histogram. Cost: the median of many empty measurements, by counting (a sort might
 * allocate).
 */
#include "common/clock.h"

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SPAN_NS = 20 * 1000 * 1000, PROBES = 4096, COST_TICKS_MAX = 1024 };

static uint64_t median_cost_ticks(void) {
    uint32_t seen[COST_TICKS_MAX] = {0};
    for (size_t i = 0; i < PROBES; i++) {
        uint64_t before = clock_ticks();
        uint64_t cost = clock_ticks() - before;
        seen[cost < COST_TICKS_MAX ? cost : COST_TICKS_MAX - 1]++;
    }
    uint64_t ticks = 0;
    for (uint32_t below = seen[0]; below < PROBES / 2; below += seen[ticks])
        ticks++;
    return ticks;
}

clock_rate_t clock_calibrate(void) {
    clock_rate_t rate;
    uint64_t ns_start = clock_ns(), ticks_start = clock_ticks(), ns_end;
    do {
        ns_end = clock_ns();
    } while (ns_end - ns_start < SPAN_NS);
    rate.ns_per_tick = (double)(ns_end - ns_start) / (double)(clock_ticks() - ticks_start);
    rate.cost_ns = rate.ns_per_tick * (double)median_cost_ticks();
    return rate;
}

void clock_sleep_ms(unsigned ms) {
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

/* Its result does not matter; errno must stay as it was. */
void clock_mark(int which) {
    int kept = errno;
    syscall(SYS_madvise, CLOCK_MARK_ADDRESS, (size_t)0, which);
    errno = kept;
}
