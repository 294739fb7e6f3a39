/*
 * meta.h - memory for hakmem's own records: spans, bitmaps, magazines, thread records.
 *
 * Records live apart from the blocks they describe, so that an overflow of a block cannot reach
 * them. Sizes are rounded up to 64 bytes; freed records are kept per size for reuse and never
 * given back. Thread-safe (rank LOCK_RANK_META).
 */
#ifndef HAK_META_H
#define HAK_META_H

#include "../base/base.h"

#define META_MAX_BYTES  (8 * HAK_KIB)
#define META_WIDE_BYTES 512

/* Zeroed memory, aligned to 64 bytes, or to META_WIDE_BYTES when `bytes` is a multiple of that;
 * NULL when the OS refused. `bytes` is at most META_MAX_BYTES. */
void *meta_alloc(size_t bytes);
void meta_free(void *record, size_t bytes); /* `bytes` as it was asked for */
size_t meta_used_bytes(void);
size_t meta_mapped_bytes(void);
/* What it costs to fault a page of the heap in: `least_ns`, or less, if two pages for records to
 * come, once of each chunk of them, tell so. `least_ns` 0: it is not known yet; the result 0: nor
 * now, or the clock stands still. The least is taken, since a thread that was interrupted meanwhile
 * says nothing. It asks the clock, which may be the program's own function and come by malloc; so
 * the caller holds no lock. */
uint64_t meta_measure_fault(uint64_t least_ns);

#endif
