/*
 * pace.h - keeps the threads of a replay near each other in the order of the trace.
 *
 * Threads wait for each other where a block crosses them. That alone would let a thread that never
 * takes a block of another run to its end at once, and the live memory would be that of no moment
 * of the recorded program. So a thread may begin its operations of epoch E only when all threads
 * are done with all epochs before E - 1: live memory differs from the trace's by what two epochs
 * hold at most. Within that window threads run freely.
 *
 * The length of an epoch, PLAN_EPOCH_EVENTS: the shorter, the more threads wait. Ten rounds of the
 * RocksDB trace under tcmalloc on two cores, with epochs of 512, 1,024, 4,096, 16,384 and 65,536
 * events: 205, 181, 150, 124 and 85 ms. The longer, the further live memory is from the trace's: of
 * the Redis trace the peak was 21 % too high with epochs of 16,384 (off by 5 to 7 % in the mean),
 * and right, off by 0.4 to 0.6 %, with 2,048.
 *
 * It cannot deadlock: the thread whose next operation is the oldest is held back by no gate, and
 * the block that it waits for, if any, was made by an older operation, of which there is none.
 *
 * A thread that is far ahead (a background thread whose next operation is late in the trace) sleeps
 * in a futex until its gate opens, so it costs nothing. Gates are opened by whoever completes an
 * epoch.
 */
#ifndef WORKLOADS_PACE_H
#define WORKLOADS_PACE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

typedef struct pace {
    uint32_t epoch_count;
    const uint32_t *epoch_threads;
    _Atomic uint32_t *pending; /* by epoch: threads that are not done with it */
    _Atomic uint32_t *gates;   /* by epoch, plus one beyond the last: closed, open or waited for */
    pthread_mutex_t lock;      /* of completed */
    uint32_t completed;        /* all epochs before this one are done */
} pace_t;

enum { PACE_NO_EPOCH = UINT32_MAX };

/* `epoch_threads` must live as long as the pace. */
void pace_open(pace_t *pace, const uint32_t *epoch_threads, uint32_t epoch_count);

/* All threads are outside: the next round may begin. */
void pace_reset(pace_t *pace);

/* The calling thread is done with `epoch`. */
void pace_leave(pace_t *pace, uint32_t epoch);

/* Returns when operations of `epoch` may begin. */
void pace_enter(pace_t *pace, uint32_t epoch);

#endif
