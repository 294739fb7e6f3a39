/*
 * hakmem_l25_pool.h - the Large blocks that a thread freed last, whose spans wait to be merged
 * (span/deferred.h), and their way back to the program: without ACE, lock, door and lists.
 *
 * A span serves a request that it would serve from the span heap, whole: of at least its class, and
 * within W_MAX (span_whole_pages). First comes the one that was put last, then the shortest; then
 * the heap's dirty spans, without upkeep. What upkeep, the figures and the pool's cap need to know
 * is noted here as on the longer way; and each 64th time, by large_may_be_quick, a request goes
 * that way, where upkeep is.
 *
 * Inline, for the front gate: it is half of what the way takes. Threads: outside of the door and
 * without locks, but for the two of dirty spans.
 */
#ifndef HAK_L25_POOL_H
#define HAK_L25_POOL_H

#include "cache/threads.h"
#include "hakmem_tiers.h"
#include "span/deferred.h"

/* Of each class: what a span has at least that serves it. Learnt classes have none, for their rows
 * are only for who is inside the door. */
typedef struct hak_large {
    uint16_t least_pages; /* UINT16_MAX: not of the pool */
    uint32_t block_bytes;
} hak_large_t;
extern hak_large_t hak_large[HAK_CLASS_COUNT] HAK_HIDDEN;
/* Whether what is freed waits; else threads keep blocks of classes up to 256 KiB in magazines. */
extern bool hak_large_waits[HAK_CLASS_COUNT] HAK_HIDDEN;
/* The longest span that serves requests of so many pages. All 0 where nothing is to lie idle, and
 * where a cap has to be asked. */
extern uint16_t hak_large_most_pages[LARGE_MAX_SIZE / HAK_PAGE_BYTES + 1] HAK_HIDDEN;

/* Counts a span that serves one class after another. */
static inline void large_recount(size_t before, size_t class_id) {
    pool_count(POOL_LARGE, (ptrdiff_t)hak_large[class_id].block_bytes -
                               (ptrdiff_t)hak_large[before].block_bytes);
    cache_count_span(before, false);
    cache_count_span(class_id, true);
}

/* While memory waits for its time each eighth operation looks whether that has come. */
static inline bool large_may_be_quick(hak_thread_t *thread) {
    uint32_t ops = thread->slow_ops + 1;
    if (ops % (TICK_OPS / 8) == 0 && (ops % TICK_OPS == 0 || cache_purge_due_ms() != 0)) {
        return false;
    }
    thread->slow_ops = ops;
    return true;
}

/* The span that waits there, for a request of so many pages that the class serves, which may be
 * any; NULL: it does not serve, or upkeep is due. */
static inline __attribute__((always_inline)) hak_span_t *
large_take(hak_thread_t *thread, uint64_t word, size_t class_id, size_t request_pages) {
    size_t least = hak_large[class_id].least_pages;
    size_t more = (size_t)hak_large_most_pages[request_pages] - least;
    if (deferred_length(word) - least > more || !large_may_be_quick(thread)) {
        return NULL;
    }
    hak_span_t *span = deferred_take(thread->last, word, class_id);
    if (HAK_LIKELY(span != NULL)) { /* else another thread was faster */
        thread->slot = (uint8_t)deferred_slot(word);
        cache_note_flow_bytes(-(ptrdiff_t)hak_large[class_id].block_bytes);
        if (HAK_UNLIKELY(deferred_class(word) != class_id)) {
            large_recount(deferred_class(word), class_id);
        }
    }
    return span;
}

/* The same of the span that was put there, or taken from there, last: it is warm. */
static inline hak_span_t *large_take_last(size_t class_id, size_t request_pages) {
    hak_thread_t *thread = hak_tls.thread;
    return HAK_UNLIKELY(thread == NULL)
               ? NULL
               : large_take(thread, deferred_look(thread->last, thread->slot), class_id,
                            request_pages);
}

/* … of the one that fits best. */
static inline hak_span_t *large_take_best(size_t class_id, size_t request_pages) {
    hak_thread_t *thread = hak_tls.thread;
    return thread == NULL
               ? NULL
               : large_take(thread, deferred_best(thread->last, hak_large[class_id].least_pages),
                            class_id, request_pages);
}

/* The same of what is dirty in the heap; NULL: nothing is that serves. And the way of a block to
 * what waits, from where another one is filed for it if need be. Inside the door. */
void *large_take_dirty(size_t class_id, size_t request_pages);
void large_give_dirty(void *block, size_t class_id);

typedef enum { LARGE_WAITS, LARGE_IN_USE, LARGE_USED_AGAIN } hak_large_given_t;

/* The block on that page of the first window, of any class, waits from now on, or is in use as
 * before. USED_AGAIN: another thread was faster, and deferred_use_again is for the caller to call.
 */
static inline hak_large_given_t large_give_last(const void *block, size_t page, size_t class_id) {
    hak_thread_t *thread = hak_tls.thread;
    if (!hak_large_waits[class_id] || thread == NULL) {
        return LARGE_IN_USE;
    }
    hak_place_t *place = thread->last;
    hak_span_t *span = hak_windows[0].span_of[page];
    size_t slot = thread->slot;
    if (deferred_look(place, slot) != 0 || !deferred_suits(slot, span->pages)) {
        slot = deferred_empty(place, span->pages);
    }
    if (slot == DEFERRED_SLOTS || span->base != (uintptr_t)block) {
        return LARGE_IN_USE;
    }
    if (HAK_UNLIKELY(!deferred_put(place, slot, span, page))) {
        return LARGE_USED_AGAIN;
    }
    thread->slot = (uint8_t)slot;
    cache_note_flow_bytes((ptrdiff_t)hak_large[class_id].block_bytes);
    return LARGE_WAITS;
}

#endif
