/*
 * live_pages.h - how many pages hold a byte of a live block: the same measure for every allocator.
 * What else is in memory holds none, and an allocator could do without it.
 *
 * A table of page numbers, outside of the heap (arena.h), as large as the blocks can need.
 */
#ifndef WORKLOADS_REPLAYER_LIVE_PAGES_H
#define WORKLOADS_REPLAYER_LIVE_PAGES_H

#include <stddef.h>
#include <stdint.h>

typedef struct live_pages {
    uint64_t *numbers; /* plus one; 0: none */
    uint64_t room, count;
    size_t page_bytes;
} live_pages_t;

/* For so many blocks of so many bytes in all. */
void live_pages_open(live_pages_t *pages, uint64_t blocks, uint64_t bytes);
void live_pages_add(live_pages_t *pages, const void *block, size_t bytes);
/* The bytes of these pages; gives the table back. */
uint64_t live_pages_close(live_pages_t *pages);

#endif
