/*
 * ring.h - blocks handed from one thread to another: a single-producer single-consumer queue.
 *
 * Head and tail count entries and only grow (modulo 2^32); each is written by one side and read by
 * the other. What has been put is seen by the consumer when it is published, many entries at a time
 * if the producer likes, and room is seen by the producer when the consumer has freed it. Neither
 * side waits in here; ring_pause is how a caller does when it has to.
 */
#ifndef WORKLOADS_RING_H
#define WORKLOADS_RING_H

#include "common/arena.h"
#include "common/block.h"
#include "common/cpu.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

enum { RING_LINE_BYTES = 64, RING_SPINS = 64 };

typedef struct ring {
    _Alignas(RING_LINE_BYTES) _Atomic uint32_t head; /* consumer */
    _Alignas(RING_LINE_BYTES) _Atomic uint32_t tail; /* producer */
    _Alignas(RING_LINE_BYTES) block_t *entries;
    uint32_t entry_count; /* a power of two */
} ring_t;

/* Two options of a generator: how many entries a ring has, and how many travel together. */
static inline void ring_check(const char *name, uint64_t entries, const char *part_name,
                              uint64_t part) {
    if ((entries & (entries - 1)) != 0)
        die_usage("--%s=%llu: not a power of 2", name, (unsigned long long)entries);
    if (entries % part != 0)
        die_usage("--%s=%llu: does not divide --%s", part_name, (unsigned long long)part, name);
}

/* Empty; `entry_count` is a power of two. */
static inline ring_t ring_new(uint32_t entry_count) {
    return (ring_t){.entries = arena_alloc(entry_count, sizeof(block_t)),
                    .entry_count = entry_count};
}

/* Entries that the producer may put. Acquire: the consumer has read them before they are written
 * again. */
static inline uint32_t ring_room(ring_t *ring) {
    uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    return ring->entry_count - (tail - atomic_load_explicit(&ring->head, memory_order_acquire));
}

/* The entry that is `ahead` of what has been published. */
static inline block_t *ring_to_put(ring_t *ring, uint32_t ahead) {
    uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    return &ring->entries[(tail + ahead) & (ring->entry_count - 1)];
}

/* Release: the entries are seen before their number is. */
static inline void ring_publish(ring_t *ring, uint32_t count) {
    uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    atomic_store_explicit(&ring->tail, tail + count, memory_order_release);
}

/* Entries that the consumer may take. */
static inline uint32_t ring_filled(ring_t *ring) {
    uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    return atomic_load_explicit(&ring->tail, memory_order_acquire) - head;
}

/* The entry that is `ahead` of what has been freed. */
static inline const block_t *ring_to_take(ring_t *ring, uint32_t ahead) {
    uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    return &ring->entries[(head + ahead) & (ring->entry_count - 1)];
}

static inline void ring_free(ring_t *ring, uint32_t count) {
    uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    atomic_store_explicit(&ring->head, head + count, memory_order_release);
}

/* Called over and over by a side that waits, with a counter that starts at 0: the other side is
 * about to be ready if it runs; if it does not, it needs the core. */
static inline void ring_pause(unsigned *waited) {
    if (++*waited < RING_SPINS)
        cpu_pause();
    else
        sched_yield();
}

static inline void ring_await_room(ring_t *ring, uint32_t count) {
    for (unsigned waited = 0; ring_room(ring) < count;)
        ring_pause(&waited);
}

static inline void ring_await_filled(ring_t *ring, uint32_t count) {
    for (unsigned waited = 0; ring_filled(ring) < count;)
        ring_pause(&waited);
}

#endif
