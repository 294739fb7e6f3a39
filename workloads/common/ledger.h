/*
 * ledger.h - makes and frees blocks, and keeps account of them.
 *
 * A generator in which blocks wander between threads gives each thread (or chain of threads that
 * follow one another) a ledger. ledger_obtain and ledger_release are the only calls of malloc and
 * free in it; what makes its blocks by another call uses ledger_enter after it. The ledger counts
 * them, times them if asked, sums up a checksum of the work, and knows the bytes that its thread
 * has made less those it has freed: negative for one that frees what others made, but the sum of
 * all ledgers is what is alive.
 *
 * The highest sum of live bytes is found by ledger_note_peak, which a thread calls now and then,
 * and which reads the ledgers of all; between two calls nothing is seen. Only the owner writes.
 */
#ifndef WORKLOADS_LEDGER_H
#define WORKLOADS_LEDGER_H

#include "common/block.h"
#include "common/clock.h"
#include "common/latency.h"
#include "common/sample.h"
#include "common/team.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum { LEDGER_LINE_BYTES = 64, LEDGER_PEAK_EVERY = 64 /* operations, as a rule */ };

typedef struct ledger {
    _Alignas(LEDGER_LINE_BYTES) _Atomic int64_t live_bytes;
    int64_t peak_bytes; /* the highest sum of all ledgers that this one saw */
    uint64_t mallocs, frees, null_returns, checksum;
    uint64_t ops_before_run;
    uint64_t run_ops; /* at the end of the timed part; drain goes on counting */
    int64_t run_live_bytes;
    latency_t *latency; /* NULL: operations are not timed */
    const struct ledger *all;
    unsigned count;
} ledger_t;

/* One for each of `count` threads; with room for latencies or without. */
ledger_t *ledgers_new(unsigned count, bool latency);

void ledger_note_peak(ledger_t *ledger);

/* Around the timed part, by the thread itself. */
void ledger_begin_run(ledger_t *ledger);
void ledger_end_run(ledger_t *ledger);

/* What all have done since the process began, for turns; while no thread works. */
team_tally_t ledgers_tally(const ledger_t *all);

/* The sample's operations, requested bytes, NULLs, checksum and latencies. */
void ledgers_collect(const ledger_t *all, sample_t *sample);

/* Relaxed: a statistic, nothing is ordered by it. */
static inline int64_t ledger_live(const ledger_t *ledger) {
    return atomic_load_explicit(&ledger->live_bytes, memory_order_relaxed);
}

/* What is live then. */
static inline int64_t ledger_add_live(ledger_t *ledger, int64_t bytes) {
    int64_t live = ledger_live(ledger) + bytes;
    atomic_store_explicit(&ledger->live_bytes, live, memory_order_relaxed);
    return live;
}

/* A block that has just been made, or NULL: written as the policy says, stamped, counted. Returns
 * the bytes that are live then; 0: NULL. */
static inline int64_t ledger_enter(ledger_t *ledger, const block_t *block, touch_t touch) {
    ledger->mallocs++;
    if (block->start == NULL) {
        ledger->null_returns++;
        return 0;
    }
    block_write(block, touch);
    ledger->checksum +=
        (block->bytes ^ ((uint64_t)block->stamp << 32)) * UINT64_C(0x9e3779b97f4a7c15);
    return ledger_add_live(ledger, block->bytes);
}

static inline char *ledger_malloc(ledger_t *ledger, uint32_t bytes, bool latency) {
    if (!latency)
        return malloc(bytes);
    uint64_t before = clock_ticks();
    char *start = malloc(bytes);
    latency_add(ledger->latency, LATENCY_MALLOC, bytes, clock_ticks() - before);
    return start;
}

static inline block_t ledger_obtain(ledger_t *ledger, uint32_t bytes, uint32_t stamp, touch_t touch,
                                    bool latency) {
    block_t block = {ledger_malloc(ledger, bytes, latency), bytes, stamp};
    ledger_enter(ledger, &block, touch);
    return block;
}

/* By realloc: what is added is written as the policy says. False: it returned NULL, and the block
 * is what it was. */
static inline bool ledger_resize(ledger_t *ledger, block_t *block, uint32_t bytes, touch_t touch,
                                 bool latency) {
    uint64_t ticks = latency ? clock_ticks() : 0;
    char *start = realloc(block->start, bytes);
    if (latency)
        latency_add(ledger->latency, LATENCY_REALLOC, bytes, clock_ticks() - ticks);
    ledger->mallocs++;
    if (start == NULL) {
        ledger->null_returns++;
        return false;
    }
    touch_range(touch, start, block->bytes, bytes);
    ledger->checksum += (bytes ^ ((uint64_t)block->stamp << 32)) * UINT64_C(0x9e3779b97f4a7c15);
    ledger_add_live(ledger, (int64_t)bytes - block->bytes);
    block->start = start;
    block->bytes = bytes;
    return true;
}

/* Frees without a look at the stamp, which would bring into the cache what the program has long
 * forgotten. */
static inline void ledger_drop(ledger_t *ledger, block_t block, bool latency) {
    if (block.start == NULL)
        return;
    ledger_add_live(ledger, -(int64_t)block.bytes);
    ledger->frees++;
    if (latency) {
        uint64_t before = clock_ticks();
        free(block.start);
        latency_add(ledger->latency, LATENCY_FREE, block.bytes, clock_ticks() - before);
    } else {
        free(block.start);
    }
}

static inline void ledger_release(ledger_t *ledger, block_t block, bool latency) {
    block_check(&block);
    ledger_drop(ledger, block, latency);
}

static inline void ledger_release_all(ledger_t *ledger, const block_t *blocks, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        ledger_release(ledger, blocks[i], false);
}

/* Calls `loop(worker, touch, latency)` with constants for the last two: an always_inline loop is
 * made once for each kind of run, and tests nothing in it that it need not. */
#define LEDGER_SPECIALIZE(loop, worker, touch, latency)                                            \
    do {                                                                                           \
        if (latency)                                                                               \
            loop(worker, touch, true);                                                             \
        else if ((touch) == TOUCH_FIRST)                                                           \
            loop(worker, TOUCH_FIRST, false);                                                      \
        else if ((touch) == TOUCH_PAGE)                                                            \
            loop(worker, TOUCH_PAGE, false);                                                       \
        else                                                                                       \
            loop(worker, TOUCH_WHOLE, false);                                                      \
    } while (0)

#endif
