/*
 * deferred.h - spans that wait to be merged, in case a request soon takes one whole: deferred
 * coalescing (Wilson et al., "Dynamic Storage Allocation: a Survey", IWMM 1995), of a few spans for
 * each thread. So a program that replaces large blocks one by one pays for no lock, no list and no
 * neighbour.
 *
 * There are 64 places, over which threads are spread, of a cache line each: one slot for a span of
 * any length, and seven for spans of up to 128 KiB. Seven for longer ones kept so much from being
 * merged that programs of blocks of megabytes peaked higher. What waits is free, and counts as
 * dirty. Who finds no other dirty span, or gives memory back, files all that waits among the free
 * spans first (span_heap.c): so the heap never grows, nor keeps more, for what waits.
 *
 * A slot is a word, 0 where none waits: how many pages the span has, its class, its first page in
 * the first window, and which slot it is. So the least word is the shortest span. Only spans of
 * Large blocks of that window wait. Of their bytes in the page map only the first changes, which
 * then says that no block begins there.
 *
 * A block that waits is still counted in its class and pool, and so is what was filed of these:
 * deferred_blocks is what their figures have too much. So who takes one again for the same class
 * changes no line that all threads share.
 *
 * Threads: all of it without a lock, and outside of the door (os/door.h), but for filing, which is
 * under the heap's. A span that waits is in one slot, or in the hands of one thread, at each
 * moment, and fork may come between: to the child what was in another thread's hands is lost, as
 * what lay in its magazines.
 */
#ifndef HAK_DEFERRED_H
#define HAK_DEFERRED_H

#include "../os/door.h"
#include "span.h"

#define DEFERRED_SLOTS        8
#define DEFERRED_SHORT_PAGES  ((128 * HAK_KIB) >> HAK_PAGE_SHIFT) /* slot 0: also longer ones */
#define DEFERRED_LENGTH_SHIFT 48
#define DEFERRED_CLASS_SHIFT  40
#define DEFERRED_PAGE_SHIFT   3
#define DEFERRED_MOST_PAGES   UINT16_MAX /* fewer than these */
static_assert(DEFERRED_SLOTS == 1 << DEFERRED_PAGE_SHIFT, "a slot's number fits in");

typedef struct hak_place {
    uint64_t words[DEFERRED_SLOTS] HAK_ALIGNED(HAK_CACHE_LINE);
} hak_place_t;
static_assert(sizeof(hak_place_t) == HAK_CACHE_LINE, "as said");

extern struct hak_deferred {
    uint64_t used_places;          /* a bit for each where a span may wait */
    size_t filed[HAK_CLASS_LIMIT]; /* of each class, so far; heap lock, but to read as a figure */
    hak_place_t places[DOOR_SHARDS];
} hak_deferred HAK_HIDDEN;
/* Of a thread that let nothing wait yet: nothing does, and there is no room. */
extern const hak_place_t hak_no_place HAK_HIDDEN;

/* The calling thread's. */
hak_place_t *deferred_place(void);

/* Of all that wait. A figure. */
size_t deferred_pages(void);
/* By how much the figures of a class are too high: what was filed, and what waits. */
size_t deferred_blocks(unsigned class_id);

/* A hint. */
static inline uint64_t deferred_look(const hak_place_t *place, size_t slot) {
    return HAK_RELAXED(place->words[slot]);
}

static inline size_t deferred_length(uint64_t word) {
    return word >> DEFERRED_LENGTH_SHIFT;
}

static inline size_t deferred_class(uint64_t word) {
    return (uint8_t)(word >> DEFERRED_CLASS_SHIFT);
}

static inline size_t deferred_slot(uint64_t word) {
    return word % DEFERRED_SLOTS;
}

static inline size_t deferred_first(uint64_t word) {
    uint64_t below = ((uint64_t)1 << DEFERRED_CLASS_SHIFT) - 1;
    return (word & below) >> DEFERRED_PAGE_SHIFT;
}

/* A hint: of the spans of at least so many pages the shortest; else a shorter one, or 0. */
static inline uint64_t deferred_best(const hak_place_t *place, size_t least) {
    uint64_t low = (uint64_t)least << DEFERRED_LENGTH_SHIFT, best = UINT64_MAX;
#pragma GCC unroll 8
    for (size_t slot = 0; slot < DEFERRED_SLOTS; slot++) {
        uint64_t word = deferred_look(place, slot) - low; /* shorter ones wrap, and come last */
        best = word < best ? word : best;
    }
    return best + low;
}

/* A slot for such a span, where none waits: this one if need be; DEFERRED_SLOTS: there is none. A
 * hint. */
static inline size_t deferred_empty(const hak_place_t *place, size_t slot, size_t pages) {
    if (pages > DEFERRED_SHORT_PAGES) {
        return deferred_look(place, 0) == 0 ? 0 : DEFERRED_SLOTS;
    }
    if (HAK_UNLIKELY(slot == 0 || deferred_look(place, slot) != 0)) {
        slot = 1;
        while (slot < DEFERRED_SLOTS && deferred_look(place, slot) != 0) {
            slot++;
        }
    }
    return slot;
}

/* The class of the next span that waits, from all zero on; 0: there are no more. A figure. */
typedef struct hak_waiting {
    size_t place, slot;
} hak_waiting_t;
static inline size_t deferred_next(hak_waiting_t *at) {
    uint64_t used;
    while (at->place < DOOR_SHARDS &&
           (used = HAK_RELAXED(hak_deferred.used_places) >> at->place) != 0) {
        bool is_used = (used & 1) != 0;
        while (is_used && at->slot < DEFERRED_SLOTS) {
            uint64_t word = deferred_look(&hak_deferred.places[at->place], at->slot++);
            if (word != 0) {
                return deferred_class(word);
            }
        }
        at->place += is_used ? 1 : (unsigned)__builtin_ctzl(used);
        at->slot = 0;
    }
    return 0;
}

static inline size_t deferred_filed(unsigned class_id) {
    return __atomic_load_n(&hak_deferred.filed[class_id], __ATOMIC_RELAXED); /* a figure */
}

/* The record of the span of a slot that the caller has emptied. */
static inline hak_span_t *deferred_span(uint64_t word) {
    return hak_windows[0].span_of[deferred_first(word)];
}

/* A span that waited, in use. */
static inline void deferred_use(hak_span_t *span, size_t first, size_t class_id) {
    span->class_id = (uint8_t)class_id;
    span->fresh = false;
    __atomic_store_n(&span->state, SPAN_USED, __ATOMIC_RELAXED); /* as span_state */
    /* Relaxed: whoever learns of the block learns it from the caller. */
    __atomic_store_n(&hak_windows[0].class_of[first], (uint8_t)class_id, __ATOMIC_RELAXED);
}

/* A span in use of that class, which begins at that page of the first window, waits from now on, in
 * a slot where none does; false: one does by now, and deferred_use_again is for the caller to call.
 */
static inline bool deferred_put(hak_place_t *place, size_t slot, hak_span_t *span, size_t class_id,
                                size_t first) {
    uint64_t none = 0;
    uint64_t word = (uint64_t)span->pages << DEFERRED_LENGTH_SHIFT |
                    (uint64_t)class_id << DEFERRED_CLASS_SHIFT |
                    (uint64_t)first << DEFERRED_PAGE_SHIFT | slot;
    span_end_use(span, SPAN_DEFERRED);
    /* Relaxed: as window_class. */
    __atomic_store_n(&hak_windows[0].class_of[first], HAK_CLASS_NONE, __ATOMIC_RELAXED);
    /* Release: the record, for who takes it. */
    return __atomic_compare_exchange_n(&place->words[slot], &none, word, false, __ATOMIC_RELEASE,
                                       __ATOMIC_RELAXED);
}

/* … of one that deferred_put could not put. */
static inline void deferred_use_again(hak_span_t *span) {
    deferred_use(span, window_page_of(span->window, span->base), span->class_id);
}

/* The span that was seen to wait there, in use as that class; NULL: it was taken meanwhile. */
static inline hak_span_t *deferred_take(hak_place_t *place, uint64_t word, size_t class_id) {
    /* Acquire: the record. The same word again stands for a span as long. */
    if (!__atomic_compare_exchange_n(&place->words[deferred_slot(word)], &word, 0, false,
                                     __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        return NULL;
    }
    hak_span_t *span = deferred_span(word);
    deferred_use(span, deferred_first(word), class_id);
    return span;
}

#endif
