/*
 * latency.h - latencies of a run by kind of operation and size of the block.
 *
 * One histogram (histogram.h) for each kind and range of sizes; one set belongs to one thread, and
 * sets are merged at the end. The ranges end where real programs' needs part: small objects, the
 * buffers below 32 KiB, what lies just above it, and large blocks. Ticks are those of clock.h;
 * what the clock itself costs is in every one of them and not taken off.
 */
#ifndef WORKLOADS_LATENCY_H
#define WORKLOADS_LATENCY_H

#include "common/clock.h"
#include "common/histogram.h"
#include "common/buffer.h"

#include <stddef.h>

typedef enum latency_kind {
    LATENCY_MALLOC,
    LATENCY_CALLOC,
    LATENCY_ALIGNED,
    LATENCY_REALLOC,
    LATENCY_FREE, /* by the size that was asked for */
    LATENCY_KINDS
} latency_kind_t;

enum { LATENCY_RANGES = 6 };

typedef struct latency {
    histogram_t of[LATENCY_KINDS][LATENCY_RANGES]; /* in ticks */
} latency_t;

/* `count` empty sets, from the arena (arena.h). */
latency_t *latency_new(unsigned count);

void latency_merge(latency_t *into, const latency_t *from);

/* The value of the key "latency" of a sample: percentiles of malloc (with calloc, realloc, …) and
 * of free, and of each kind and range that has operations. */
void latency_write_json(const latency_t *latency, clock_rate_t clock, buffer_t *text);

/* Lines for a person. */
void latency_write_summary(const latency_t *latency, clock_rate_t clock, buffer_t *text);

static inline unsigned latency_range(size_t bytes) {
    return bytes <= 1024      ? 0
           : bytes <= 8192    ? 1
           : bytes <= 32768   ? 2
           : bytes <= 65536   ? 3
           : bytes <= 1048576 ? 4
                              : 5;
}

static inline void latency_add(latency_t *latency, latency_kind_t kind, size_t bytes,
                               uint64_t ticks) {
    histogram_add(&latency->of[kind][latency_range(bytes)], ticks);
}

#endif
