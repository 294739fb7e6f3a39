/*
 * hakmem_l25_pool.h - the Large blocks that a thread freed last, whose spans wait to be merged
 * (span/deferred.h), and their way back to the program: without ACE, lock, door and lists.
 *
 * A span serves a request that it would serve from the span heap, whole: of at least its class, and
 * within W_MAX (span_whole_pages). First comes the one that was put last, then the shortest; of
 * long ones there is one. Then come the heap's dirty spans, without upkeep. What upkeep, the
 * figures and the pool's cap need to know is noted here as on the longer way; and each 64th time,
 * by large_may_be_quick, a request goes that way, where upkeep is.
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
/* The spans that serve requests of so many pages: as long as their class at least, and by so many
 * pages longer at most. No span is of UINT16_MAX pages, which are the least where nothing is to lie
 * idle, and where a cap has to be asked. */
typedef struct hak_large_fit {
    uint16_t least_pages, more_pages;
} hak_large_fit_t;
extern hak_large_fit_t hak_large_fits[LARGE_MAX_SIZE / HAK_PAGE_BYTES + 1] HAK_HIDDEN;

static inline bool large_fits(hak_large_fit_t fit, uint64_t word) {
    return deferred_length(word) - fit.least_pages <= fit.more_pages;
}

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

/* Of what waits, for a request of so many pages that the class serves: the span that was put there,
 * or taken from there, last, for it is warm, or else the one that fits best; NULL: none serves. */
static inline __attribute__((always_inline)) hak_span_t *
large_take(hak_thread_t *thread, size_t class_id, size_t request_pages) {
    hak_large_fit_t fit = hak_large_fits[request_pages];
    hak_place_t *place = thread->last;
    uint64_t word = deferred_look(place, thread->slot);
    if (!large_fits(fit, word)) {
        word = fit.least_pages > DEFERRED_SHORT_PAGES ? deferred_look(place, 0)
                                                      : deferred_best(place, fit.least_pages);
        if (!large_fits(fit, word)) {
            return NULL;
        }
    }
    hak_span_t *span = deferred_take(place, word, class_id);
    if (HAK_LIKELY(span != NULL)) { /* else another thread was faster */
        thread->slot = (uint8_t)deferred_slot(word);
        cache_note_flow_bytes(-(ptrdiff_t)hak_large[class_id].block_bytes);
        if (HAK_UNLIKELY(deferred_class(word) != class_id)) {
            large_recount(deferred_class(word), class_id);
        }
    }
    return span;
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
    if (!hak_large_waits[class_id] || HAK_UNLIKELY(thread == NULL)) {
        return LARGE_IN_USE;
    }
    hak_place_t *place = thread->last;
    hak_span_t *span = hak_windows[0].span_of[page];
    size_t slot = deferred_empty(place, thread->slot, span->pages);
    if (HAK_UNLIKELY(slot == DEFERRED_SLOTS || span->base != (uintptr_t)block)) {
        return LARGE_IN_USE;
    }
    if (HAK_UNLIKELY(!deferred_put(place, slot, span, class_id, page))) {
        return LARGE_USED_AGAIN;
    }
    thread->slot = (uint8_t)slot;
    cache_note_flow_bytes((ptrdiff_t)hak_large[class_id].block_bytes);
    return LARGE_WAITS;
}

#endif
