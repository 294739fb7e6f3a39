/*
 * span_store.h - what of the heap is free, and how it is cut and merged: without growth, and
 * without giving back, which are span_heap.c's, the only one that calls this.
 *
 * A free span is dirty (its pages hold memory) or clean (never touched, or purged: reads as
 * zero). Free neighbours of one kind are merged, of different kinds they are not, so that what is
 * known to be zero stays so. An allocation takes, in this order: the best-fitting dirty span,
 * for that memory is warm and paid for; a clean one, long enough for what is to be cut of it; new
 * pages of a window, or holes that are just long enough, where many are clean.
 *
 * Fit: segregated lists (free_lists.h).
 *
 * All under the heap's lock, but for span_of and what is read as a hint.
 */
#ifndef HAK_SPAN_STORE_H
#define HAK_SPAN_STORE_H

#include "../base/least.h"
#include "../os/lock.h"
#include "free_lists.h"

#define STORE_MOST_PAGES ((size_t)1 << 35) /* 128 TiB, all that a process can address */

/* So many records that merging left over are kept for the next splits. */
#define STORE_SPARES 4

/* What each operation changes is in the first cache line, which comes with the lock. */
typedef struct hak_span_store {
    hak_lock_t lock;   /* of all below, and the windows; page counts are also read without it */
    hak_link_t *dirty; /* by age, the newest first */
    size_t used_pages;
    uint64_t allocs;
    hak_link_t *spare; /* records that are left over, by their place: a stack */
    unsigned spares;
    hak_least_t dirty_least;   /* pages; its first two are of the line */
    hak_free_lists_t lists[2]; /* [SPAN_DIRTY], [SPAN_CLEAN] */
} hak_span_store_t;
static_assert(offsetof(hak_span_store_t, dirty_least) + offsetof(hak_least_t, past) <=
                  HAK_CACHE_LINE,
              "as said");

extern hak_span_store_t hak_store HAK_HIDDEN;

/* A span for the request, of free memory; NULL: there is none, or no record for a split. */
hak_span_t *store_take(const hak_span_request_t *request);
/* … of dirty memory only. */
hak_span_t *store_reuse(const hak_span_request_t *request);
/* The same of that free span, which is long enough, alignment included. */
hak_span_t *store_carve(hak_span_t *span, const hak_span_request_t *request);
/* What is taken of clean memory. */
size_t store_pages_of_clean(const hak_span_request_t *request);
/* The oldest dirty span, or `most` pages of it (as many as the system's pages that they lie in
 * have), out of the lists and marked as one that is purged. NULL: there is none, or no record for a
 * split. */
hak_span_t *store_take_oldest(size_t most);

/* Puts a span among the free ones as `state`, merged with neighbours of that state. */
void store_insert(hak_span_t *span, hak_span_state_t state);
void store_remove(hak_span_t *span);

/* The span that lies behind, or before; NULL: none, in this window. */
hak_span_t *store_neighbour(const hak_span_t *span, bool after);
/* Notes the first and last page of one whose bounds have changed. */
void store_mark_ends(hak_span_t *span);
static inline void store_count_used(ptrdiff_t pages) {
    /* Relaxed: heap_used_hint reads it without the lock. */
    __atomic_store_n(&hak_store.used_pages, hak_store.used_pages + (size_t)pages, __ATOMIC_RELAXED);
}
/* After dirty spans were taken; not while one is only out of its list to be split or merged. */
static inline void store_note_dirty_least(void) {
    least_note(&hak_store.dirty_least, hak_store.lists[SPAN_DIRTY].pages);
}

#endif
