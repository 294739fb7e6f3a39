/*
 * still_clock.c - a clock that stands still: bin/libstill.so, for LD_PRELOAD.
 *
 *   LD_PRELOAD=bin/libstill.so:hakmem/libhakmem.so bin/mid33
 *
 * Allocators give memory back by the clock. Where instructions, page faults and system calls are
 * counted, what happens must follow from the work alone, not from how long it took: valgrind makes
 * a run fifty times as long, and a neighbour makes it twice as long. So nothing that is preloaded
 * here sees time pass. A reading is a nanosecond after the one before, so that no loop that waits
 * for a later time waits for ever, and no duration is 0; all clocks begin at the same moments in
 * every run. Sleeping, timers and waiting with a time limit are the kernel's, and do take time.
 *
 * STILL_MAPS=FILE: where everything lies in the process, as /proc/self/maps tells, goes to that
 * file at the start: who reads addresses of the process later can say whose they are.
 *
 * Threads share one count of readings. It depends on nothing and never allocates.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SHOWN __attribute__((visibility("default")))

enum { MAPS_PART_BYTES = 4096 };
enum { UP_SINCE_S = 100000, UNIX_S = 1700000000, NS_PER_S = 1000000000, NS_PER_US = 1000 };

static atomic_ulong readings;

static struct timespec next_reading(time_t begin_s) {
    /* relaxed: only the number counts, it orders nothing */
    unsigned long ns = atomic_fetch_add_explicit(&readings, 1, memory_order_relaxed) + 1;
    return (struct timespec){.tv_sec = begin_s + (time_t)(ns / NS_PER_S),
                             .tv_nsec = (long)(ns % NS_PER_S)};
}

static __attribute__((constructor)) void write_maps(void) {
    const char *path = getenv("STILL_MAPS");
    char part[MAPS_PART_BYTES];
    int from = path == NULL ? -1 : open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    int to = from < 0 ? -1 : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    ssize_t got = 0;
    while (to >= 0 && (got = read(from, part, sizeof part)) > 0 && write(to, part, (size_t)got) > 0)
        continue;
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
}

SHOWN int clock_gettime(clockid_t clock, struct timespec *out) {
    *out = next_reading(clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE ? UNIX_S
                                                                                  : UP_SINCE_S);
    return 0;
}

SHOWN int gettimeofday(struct timeval *restrict out, void *restrict zone) {
    struct timespec now = next_reading(UNIX_S);
    (void)zone;
    *out = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / NS_PER_US};
    return 0;
}

SHOWN time_t time(time_t *out) {
    time_t now = next_reading(UNIX_S).tv_sec;
    if (out != NULL)
        *out = now;
    return now;
}
