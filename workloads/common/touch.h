/*
 * touch.h - how much of a new block the workload writes.
 *
 * What a program does with its memory decides what an allocator costs: a block that is never
 * written costs address space only, a block that is written whole costs page faults and cache
 * misses that hide the allocator. So each workload states its policy:
 *
 *   first   the first byte (the upper bound of what allocators can differ by)
 *   page    the first byte and one byte in each further page (page faults, no cache traffic)
 *   whole   every byte (what most programs do in the end)
 *
 * All writes are real stores through volatile or memset to memory that escapes.
 */
#ifndef WORKLOADS_TOUCH_H
#define WORKLOADS_TOUCH_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef enum touch { TOUCH_FIRST, TOUCH_PAGE, TOUCH_WHOLE } touch_t;

enum { TOUCH_PAGE_BYTES = 4096, TOUCH_BYTE = 0x5a };

/* The policy called `name`; false when there is none. */
bool touch_parse(const char *name, touch_t *out);
const char *touch_name(touch_t policy);

/* Writes bytes [from, bytes) of the block as the policy says; from > 0 for a block that realloc
 * grew. The first written byte is `from` itself, then page starts of the address space. */
static inline void touch_range(touch_t policy, void *block, size_t from, size_t bytes) {
    volatile char *start = (volatile char *)block;
    if (from >= bytes)
        return;
    if (policy == TOUCH_WHOLE) {
        memset((char *)block + from, TOUCH_BYTE, bytes - from);
        return;
    }
    start[from] = TOUCH_BYTE;
    if (policy == TOUCH_FIRST)
        return;
    size_t to_next_page = TOUCH_PAGE_BYTES - ((size_t)(start + from) % TOUCH_PAGE_BYTES);
    for (size_t at = from + to_next_page; at < bytes; at += TOUCH_PAGE_BYTES)
        start[at] = TOUCH_BYTE;
}

static inline void touch_block(touch_t policy, void *block, size_t bytes) {
    touch_range(policy, block, 0, bytes);
}

#endif
