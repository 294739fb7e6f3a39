/*
 * hakmem_l25_pool.h - the Large block that a thread freed last, whose span waits to be merged
 * (span/deferred.h), and its way back to the program: without ACE, lock, door and lists.
 *
 * A span serves a request that it would serve from the span heap, whole: of at least its class, and
 * within W_MAX (span_whole_pages). Of classes that a thread keeps in magazines those come first.
 * What upkeep, the figures and the pool's cap need to know is noted here as on the longer way; and
 * each 64th time, by cache_may_be_quick, a request goes that way, where upkeep is.
 *
 * Inline, for the front gate: it is half of what the way takes. Threads: outside of the door and
 * without locks.
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
/* Whether what is freed waits: not where threads keep blocks of the class in magazines. */
extern bool hak_large_waits[HAK_CLASS_COUNT] HAK_HIDDEN;
/* The longest span that serves requests of so many pages. All 0 where nothing is to lie idle, where
 * a cap has to be asked, and with HAKMEM_LEARN, which looks at each request. */
extern uint16_t hak_large_most_pages[LARGE_MAX_SIZE / HAK_PAGE_BYTES + 1] HAK_HIDDEN;

static inline void large_count(size_t class_id, bool in) {
    ptrdiff_t bytes = hak_large[class_id].block_bytes;
    pool_count(POOL_LARGE, in ? bytes : -bytes);
    cache_count_span(class_id, in);
    cache_note_flow_bytes(in ? -bytes : bytes);
}

/* The span of a block for a request of so many pages that the class serves, which may be any; NULL:
 * nothing waits that serves, or upkeep is due. */
static inline hak_span_t *large_take_last(size_t class_id, size_t request_pages) {
    hak_thread_t *thread = hak_tls.thread;
    if (thread == NULL) {
        return NULL;
    }
    hak_place_t *place = thread->last;
    uint64_t word = deferred_look(place);
    uint16_t pages = deferred_length(word);
    if (pages < hak_large[class_id].least_pages || pages > hak_large_most_pages[request_pages] ||
        cache_purge_due_ms() != 0 || !cache_may_be_quick(thread)) {
        return NULL;
    }
    hak_span_t *span = deferred_take(place, word, class_id);
    if (HAK_LIKELY(span != NULL)) { /* else another thread was faster */
        large_count(class_id, true);
    }
    return span;
}

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
    if (deferred_look(place) != 0 || span->base != (uintptr_t)block) {
        return LARGE_IN_USE;
    }
    if (HAK_UNLIKELY(!deferred_put(place, span, page))) {
        return LARGE_USED_AGAIN;
    }
    large_count(class_id, false);
    return LARGE_WAITS;
}

#endif
