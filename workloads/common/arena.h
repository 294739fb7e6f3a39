/*
 * arena.h - memory for the drivers that never comes from malloc.
 *
 * A driver that kept its own tables in the heap under test would measure itself. What arena_alloc
 * hands out is zeroed, page-aligned, private anonymous memory, resident from the start
 * (MAP_POPULATE), so it causes no page fault in the timed part and is wholly inside the base
 * reading of the resident set. It is meant for a few large tables, and is given back at exit or by
 * arena_free. Failure ends the process (die.h).
 */
#ifndef WORKLOADS_ARENA_H
#define WORKLOADS_ARENA_H

#include <stddef.h>

void *arena_alloc(size_t count, size_t item_bytes);

/* The same table with room for more items; the content is kept, the address may change. */
void *arena_grow(void *table, size_t old_count, size_t new_count, size_t item_bytes);

void arena_free(void *table, size_t count, size_t item_bytes);

#endif
