/*
 * bag.h - live blocks of which any one may go next.
 *
 * The blocks are at the front of a table, in no order: the last one takes the place of one that
 * goes, so both ways cost a few nanoseconds however many there are. The table is the driver's
 * memory. A bag belongs to one thread.
 */
#ifndef WORKLOADS_BAG_H
#define WORKLOADS_BAG_H

#include "common/arena.h"
#include "common/ledger.h"
#include "common/rng.h"

#include <stdint.h>

typedef struct bag {
    block_t *blocks;
    uint32_t count, capacity;
} bag_t;

static inline bag_t bag_new(uint32_t capacity) {
    return (bag_t){.blocks = arena_alloc(capacity, sizeof(block_t)), .capacity = capacity};
}

static inline void bag_put(bag_t *bag, block_t block) {
    if (bag->count == bag->capacity)
        die("more than %u blocks are alive", bag->capacity);
    bag->blocks[bag->count++] = block;
}

/* The bag is not empty. */
static inline block_t bag_take(bag_t *bag, rng_t *rng) {
    uint32_t at = (uint32_t)rng_below(rng, bag->count);
    block_t block = bag->blocks[at];
    bag->blocks[at] = bag->blocks[--bag->count];
    return block;
}

/* Frees them all. */
static inline void bag_drain(bag_t *bag, ledger_t *ledger) {
    while (bag->count > 0)
        ledger_release(ledger, bag->blocks[--bag->count], false);
}

#endif
