/*
 * resident_mean.c - see resident_mean.h.
 */
#include "replayer/resident_mean.h"

#include "common/clock.h"
#include "common/resident.h"
#include "shared/die.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

enum { STEP_NS = 5000000, SECOND_NS = 1000000000 };

static struct {
    pthread_t thread;
    sem_t is_ready, may_begin;
    _Atomic bool ends;
    /* of the last reading; the thread's, until it is joined */
    uint64_t start_ns, at_ns, bytes;
    double byte_ns;
} mean;

static void read_now(void) {
    uint64_t bytes = resident_anon_bytes(), now = clock_ns();
    mean.byte_ns += (double)(mean.bytes + bytes) / 2 * (double)(now - mean.at_ns);
    mean.at_ns = now;
    mean.bytes = bytes;
}

static void await(sem_t *semaphore) {
    while (sem_wait(semaphore) != 0) {
        if (errno != EINTR)
            die_errno("cannot wait for the thread that reads the resident set");
    }
}

static void *read_on(void *unused) {
    (void)unused;
    resident_anon_bytes(); /* its stack is in memory */
    sem_post(&mean.is_ready);
    await(&mean.may_begin);
    /* relaxed: nothing but the flag is passed on */
    while (!atomic_load_explicit(&mean.ends, memory_order_relaxed)) {
        uint64_t due = mean.at_ns + STEP_NS;
        struct timespec time = {.tv_sec = (time_t)(due / SECOND_NS),
                                .tv_nsec = (long)(due % SECOND_NS)};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
        read_now();
    }
    return NULL;
}

void resident_mean_open(void) {
    sem_init(&mean.is_ready, 0, 0);
    sem_init(&mean.may_begin, 0, 0);
    errno = pthread_create(&mean.thread, NULL, read_on, NULL);
    if (errno != 0)
        die_errno("cannot start the thread that reads the resident set");
    await(&mean.is_ready);
}

void resident_mean_begin(void) {
    mean.bytes = resident_anon_bytes();
    mean.start_ns = mean.at_ns = clock_ns();
    sem_post(&mean.may_begin);
}

uint64_t resident_mean_end(void) {
    atomic_store_explicit(&mean.ends, true, memory_order_relaxed);
    pthread_join(mean.thread, NULL);
    uint64_t taken = mean.at_ns - mean.start_ns;
    return taken == 0 ? mean.bytes : (uint64_t)(mean.byte_ns / (double)taken);
}
