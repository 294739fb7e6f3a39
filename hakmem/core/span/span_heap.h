/*
 * span_heap.h - spans: runs of whole pages, from one heap that serves every pool and coalesces.
 *
 * Dirty memory goes back to the OS by the working-set rule (base/least.h): as much as was not
 * needed at any time of an interval, oldest first. Memory that a program frees and takes again
 * within the interval stays.
 *
 * What is free, and how it is cut and merged, is in span_store.h; here is what is done under the
 * lock, growth and giving back included.
 *
 * Threads: one lock (LOCK_RANK_HEAP). A span in use belongs to whoever allocated it; the fields
 * of a slab's span are guarded by its class's lock.
 */
#ifndef HAK_SPAN_HEAP_H
#define HAK_SPAN_HEAP_H

#include "span.h"

/* NULL: the OS refused, *failure says what. The caller has no heap lock; may hold a class lock. */
hak_span_t *heap_alloc(const hak_span_request_t *request, hak_map_failure_t *failure);
/* Of memory that is there already; NULL: no dirty span is long enough. */
hak_span_t *heap_reuse(const hak_span_request_t *request);
void heap_free(hak_span_t *span);
/* The same of a Large block's span, which then waits for its like, and is counted there
 * (deferred.h).
 */
void heap_free_last(hak_span_t *span);
/* Cuts a span in use to its first `pages`, or extends it by what follows; false: it cannot, and is
 * as it was. */
bool heap_resize(hak_span_t *span, size_t pages);
/* Gives a span in use, that is one block, another class. */
void heap_set_class(hak_span_t *span, unsigned class_id);

/* A dirty free span of at least `least` pages may exist. A hint, lock-free. */
bool heap_has_dirty(size_t least);
/* How long the longest dirty free span may be, where none of `pages` may exist; 0: one may, or none
 * of `least` does. A hint, lock-free. */
size_t heap_dirty_below(size_t pages, size_t least);

/* Purges what was idle for an interval, of which so many parts have passed since the last call
 * (base/least.h). Call without locks. */
void heap_purge_idle(unsigned passed);
/* Purges dirty spans, oldest first, until at most `keep_bytes` are left. Bytes given back. */
size_t heap_purge_to(size_t keep_bytes);

/* Under RLIMIT_AS: gives back address space that holds no block. */
void heap_release_windows(void);

typedef struct hak_heap_figures {
    size_t used_bytes, dirty_bytes, clean_bytes, purged_bytes;
    uint64_t allocs, purges;
} hak_heap_figures_t;
/* Without the lock: bytes of spans in use; of free spans, dirty or clean. */
size_t heap_used_hint(void);
size_t heap_free_hint(hak_span_state_t state);
size_t heap_held_hint(void); /* in use, or dirty */
void heap_read(hak_heap_figures_t *out);
void heap_note_purged(size_t bytes); /* a slab purged blocks of its own */

#endif
