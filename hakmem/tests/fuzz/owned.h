/*
 * owned.h - which bytes of the address space belong to a live block, as one bit per 16 bytes.
 *
 * It is what "no two live blocks overlap" is checked with: whoever gets a block sets its bits, and
 * must find all of them clear; whoever gives one back clears them first. Lock-free, so that truly
 * concurrent threads check each other. Takes no memory from the allocator under test: the bits lie
 * in static storage, which only costs what is touched.
 */
#ifndef OWNED_H
#define OWNED_H

#include <stdbool.h>
#include <stddef.h>

/* False: a byte of it belongs to another live block. `bytes` is rounded down to 16. */
bool owned_set(const void *block, size_t bytes);
/* False: a byte of it did not belong to a live block. */
bool owned_clear(const void *block, size_t bytes);
/* Whether the 16 bytes round `address` belong to a live block. */
bool owned_is_set(const void *address);

#endif
