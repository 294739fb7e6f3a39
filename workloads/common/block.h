/*
 * block.h - a block of the heap under test, as the driver knows it.
 *
 * Its first byte is its stamp, which is checked before it is freed: two owners of one block, or an
 * allocator that writes into a live one, end the program. block_read is for a workload in which a
 * block's receiver reads what its maker wrote.
 */
#ifndef WORKLOADS_BLOCK_H
#define WORKLOADS_BLOCK_H

#include "shared/die.h"
#include "common/touch.h"

#include <stdint.h>
#include <string.h>

typedef struct block {
    char *start; /* NULL: empty, or the allocator returned NULL */
    uint32_t bytes;
    uint32_t stamp; /* its low byte is the block's first */
} block_t;

static inline void block_write(const block_t *block, touch_t touch) {
    touch_block(touch, block->start, block->bytes);
    block->start[0] = (char)block->stamp;
}

static inline void block_expect(const block_t *block, bool is_good) {
    if (!is_good)
        die("the block of %u bytes at %p was overwritten", block->bytes, (void *)block->start);
}

static inline void block_check(const block_t *block) {
    if (block->start != NULL)
        block_expect(block, block->start[0] == (char)block->stamp);
}

/* Reads, and checks, as much as block_write wrote. */
static inline void block_read(const block_t *block, touch_t touch) {
    const char *start = block->start, *end = start + block->bytes;
    block_check(block);
    if (start == NULL || touch == TOUCH_FIRST || block->bytes < 2)
        return;
    if (touch == TOUCH_WHOLE) {
        /* All alike: each byte is the one before it. */
        block_expect(block, start[1] == TOUCH_BYTE &&
                                memcmp(start + 1, start + 2, (size_t)(end - start - 2)) == 0);
        return;
    }
    for (start += TOUCH_PAGE_BYTES - (size_t)start % TOUCH_PAGE_BYTES; start < end;
         start += TOUCH_PAGE_BYTES)
        block_expect(block, *start == TOUCH_BYTE);
}

#endif
