/*
 * guard.h - blocks above 56 KiB at level 2: page-exact, between pages that nobody may touch.
 *
 *     | guard, 1 … 4 pages | the program's pages … canary | guard, 1 page or more |
 *     ^ span->base         ^ block = base + guard_pages
 *
 * All pages here are the system's. How many lie in front is drawn at random, so that equal requests
 * do not lie at equal distances; a larger alignment takes as many as it needs. What touches a guard
 * dies by SIGSEGV, there and then. A freed block's pages become guards too and give their memory
 * back; its address space waits, first in first out, up to 64 blocks and 64 MiB in all.
 *
 * A guard splits a mapping of the process, of which the kernel allows some 65,000: beyond 8,192
 * blocks, live and waiting, new ones do without, and have their canary alone.
 *
 * Threads: a lock (LOCK_RANK_HARDEN), held while a block is freed, so that none vanishes under
 * guard_holds.
 */
#ifndef HAK_GUARD_H
#define HAK_GUARD_H

#include "../slab/size_class.h"
#include "../span/span_heap.h"

/* `room_bytes` more can be added where it lies. NULL: no memory; that is one MapFail, unless the
 * request has been refused before (is_retry). */
void *guard_alloc(size_t bytes, size_t alignment, size_t room_bytes, bool is_retry);
/* What is wrong with the pointer or the block, or NULL: it is freed. */
const char *guard_free(void *block);
/* Brings a live block to another size where it lies; false: it cannot, and is as it was. */
bool guard_resize(void *block, size_t bytes);

/* The span of a block with guards that `pointer` lies in, or NULL. */
hak_span_t *guard_span(const void *pointer);
bool guard_is_block(const hak_span_t *span, const void *pointer); /* … begins there */
bool guard_holds(const hak_span_t *span); /* the canary behind a live block */

/* Gives the address space of freed blocks back. False: there was none. */
bool guard_flush(void);
size_t guard_idle_bytes(hak_pool_id_t pool); /* of freed blocks, waiting */

#endif
