/*
 * deferred.h - spans that wait to be merged, in case the next request takes one whole: deferred
 * coalescing (Wilson et al., "Dynamic Storage Allocation: a Survey", IWMM 1995), of the span that a
 * thread freed last and no more. So a program that replaces large blocks one by one pays for no
 * lock, no list and no neighbour.
 *
 * There are 64 places for one span each, over which threads are spread. What waits is free, and
 * counts as dirty. Who finds no other dirty span, or gives memory back, files all that waits among
 * the free spans first (span_heap.c): so the heap never grows, nor keeps more, for what waits.
 *
 * A place is a word: the span's first page in the first window, and how many it has; 0: none waits.
 * Only spans of Large blocks of that window wait. Of their bytes in the page map only the first
 * changes, which then says that no block begins there.
 *
 * Threads: all of it without a lock, and outside of the door (os/door.h). A span that waits is in
 * one place, or in the hands of one thread, at each moment, and fork may come between: to the child
 * what was in another thread's hands is lost, as what lay in its magazines.
 */
#ifndef HAK_DEFERRED_H
#define HAK_DEFERRED_H

#include "../os/door.h"
#include "span.h"

#define DEFERRED_LENGTH_BITS 16
#define DEFERRED_MOST_PAGES  UINT16_MAX /* fewer than these */

typedef struct hak_place {
    uint64_t word HAK_ALIGNED(HAK_CACHE_LINE);
} hak_place_t;

extern struct hak_deferred {
    size_t pages; /* of all that wait: a figure, for a moment too high */
    hak_place_t places[DOOR_SHARDS];
} hak_deferred HAK_HIDDEN;

/* The calling thread's. */
static inline hak_place_t *deferred_place(void) {
    return &hak_deferred.places[door_shard()];
}

static inline size_t deferred_pages(void) {
    return __atomic_load_n(&hak_deferred.pages, __ATOMIC_RELAXED); /* a figure */
}

/* A hint. */
static inline uint64_t deferred_look(const hak_place_t *place) {
    return HAK_RELAXED(place->word);
}

static inline uint16_t deferred_length(uint64_t word) {
    return (uint16_t)word;
}

/* The record of the span at a place that the caller has emptied; it counts as waiting. */
static inline hak_span_t *deferred_span(uint64_t word) {
    return hak_windows[0].span_of[word >> DEFERRED_LENGTH_BITS];
}

static inline void deferred_count_out(size_t pages) {
    __atomic_fetch_sub(&hak_deferred.pages, pages, __ATOMIC_RELAXED);
}

/* A span that waited, in use. */
static inline void deferred_use(hak_span_t *span, size_t first, size_t class_id) {
    span->class_id = (uint8_t)class_id;
    span->fresh = false;
    __atomic_store_n(&span->state, SPAN_USED, __ATOMIC_RELAXED); /* as span_state */
    /* Relaxed: whoever learns of the block learns it from the caller. */
    __atomic_store_n(&hak_windows[0].class_of[first], (uint8_t)class_id, __ATOMIC_RELAXED);
}

/* A span in use, which begins at that page of the first window, waits from now on, at a place where
 * none does; false: one does by now, and deferred_use_again is for the caller to call. */
static inline bool deferred_put(hak_place_t *place, hak_span_t *span, size_t first) {
    span_end_use(span, SPAN_DEFERRED);
    /* Relaxed: as window_class. */
    __atomic_store_n(&hak_windows[0].class_of[first], HAK_CLASS_NONE, __ATOMIC_RELAXED);
    size_t pages = span->pages;
    __atomic_fetch_add(&hak_deferred.pages, pages, __ATOMIC_RELAXED);
    uint64_t none = 0, word = first << DEFERRED_LENGTH_BITS | pages;
    /* Release: the record, for who takes it. */
    return __atomic_compare_exchange_n(&place->word, &none, word, false, __ATOMIC_RELEASE,
                                       __ATOMIC_RELAXED);
}

/* … of one that deferred_put could not put. */
static inline void deferred_use_again(hak_span_t *span) {
    deferred_count_out(span->pages);
    deferred_use(span, window_page_of(span->window, span->base), span->class_id);
}

/* The span that was seen to wait there, in use as that class; NULL: it was taken meanwhile. */
static inline hak_span_t *deferred_take(hak_place_t *place, uint64_t word, size_t class_id) {
    /* Acquire: the record. The same word again stands for a span as long. */
    if (!__atomic_compare_exchange_n(&place->word, &word, 0, false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED)) {
        return NULL;
    }
    hak_span_t *span = deferred_span(word);
    deferred_count_out(deferred_length(word));
    deferred_use(span, word >> DEFERRED_LENGTH_BITS, class_id);
    return span;
}

#endif
