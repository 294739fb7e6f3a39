/*
 * free_lists.h - free spans by length: a list per length up to 32 pages, then eight per doubling,
 * with a bitmap of the lists in use (Wilson et al., "Dynamic Storage Allocation: a Survey", IWMM
 * 1995; Masmano et al., "TLSF", ECRTS 2004). Each list is last-in first-out: warmest first.
 *
 * Threads: under the heap's lock, but for free_lists_may_have and free_lists_longest. Inline: their
 * calls were a tenth of what it takes to cut and merge.
 */
#ifndef HAK_FREE_LISTS_H
#define HAK_FREE_LISTS_H

#include "span.h"

#define FREE_LISTS_EXACT 32
#define FREE_LISTS       (FREE_LISTS_EXACT + 8 * 31)

typedef struct hak_free_lists {
    size_t pages; /* of all */
    uint64_t in_use[(FREE_LISTS + 63) / 64];
    hak_link_t *heads[FREE_LISTS];
} HAK_ALIGNED(HAK_CACHE_LINE) hak_free_lists_t;

static inline unsigned free_lists_of(size_t pages) {
    if (pages <= FREE_LISTS_EXACT) {
        return (unsigned)pages - 1;
    }
    unsigned top = 63 - (unsigned)__builtin_clzl(pages);
    return FREE_LISTS_EXACT + (top - 5) * 8 + ((pages >> (top - 3)) & 7);
}

static inline void free_lists_set_pages(hak_free_lists_t *lists, size_t pages) {
    __atomic_store_n(&lists->pages, pages, __ATOMIC_RELAXED); /* also read without the lock */
}

/* Relaxed, here and below: free_lists_may_have reads it without the lock, as a hint. */
static inline void free_lists_push(hak_free_lists_t *lists, hak_span_t *span) {
    unsigned list = free_lists_of(span->pages);
    uint64_t *word = &lists->in_use[list / 64];
    list_push(&lists->heads[list], &span->place);
    __atomic_store_n(word, *word | (uint64_t)1 << list % 64, __ATOMIC_RELAXED);
    free_lists_set_pages(lists, lists->pages + span->pages);
}

static inline void free_lists_pull(hak_free_lists_t *lists, hak_span_t *span) {
    unsigned list = free_lists_of(span->pages);
    uint64_t *word = &lists->in_use[list / 64];
    list_pull(&lists->heads[list], &span->place);
    if (lists->heads[list] == NULL) {
        __atomic_store_n(word, *word & ~((uint64_t)1 << list % 64), __ATOMIC_RELAXED);
    }
    free_lists_set_pages(lists, lists->pages - span->pages);
}

/* A span of at least so many pages, of the shortest that there are but for a few in a list of
 * several lengths; NULL: none. */
hak_span_t *free_lists_find(const hak_free_lists_t *lists, size_t pages);
/* A hint, lock-free. */
bool free_lists_may_have(const hak_free_lists_t *lists, size_t pages);
/* The same: how long the longest span of up to `most` pages may be; 0: none has up to `most` pages
 * and `least` at least. Of lengths up to FREE_LISTS_EXACT. */
size_t free_lists_longest(const hak_free_lists_t *lists, size_t most, size_t least);

#endif
