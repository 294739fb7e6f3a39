/* span_cache.c - see span_cache.h. */
#include "span_cache.h"

#include "../os/fatal.h"
#include "threads.h"

/* What magazines of spans may take of the memory in use. */
#define SPAN_SHARE        32
#define SPANS_LEAST_BYTES (512 * HAK_KIB)

/* A class without slabs: each block is a span. */
void span_cache_release(unsigned class_id, void *block) {
    hak_span_t *span = span_of_block(block);
    HAK_CHECK(span != NULL, "free of an invalid pointer", block);
    pool_unreserve(POOL_LARGE, hak_classes[class_id].block_bytes);
    cache_count_span(class_id, false);
    cache_note_flow(class_id, 1);
    heap_free(span);
}

/* What the thread's magazines of spans may hold in all. */
static bool may_keep_span(const hak_thread_t *thread, unsigned class_id) {
    size_t count = __atomic_load_n(&threads_count, __ATOMIC_RELAXED); /* a rule of thumb */
    size_t share = heap_used_hint() / SPAN_SHARE / hak_max(count, 1);
    return thread->span_bytes + hak_classes[class_id].block_bytes <=
           hak_max(share, SPANS_LEAST_BYTES);
}

/* Makes a full magazine, whose lowest entry is free now, full again: the newest block comes last.
 */
static void shift_in(hak_magazine_t *magazine, void *block) {
    void **slot = magazine_slot(magazine, magazine->bottom);
    for (; !magazine_is_full(slot + 1); slot++) {
        slot[0] = slot[1];
    }
    *slot = block;
}

/* A magazine of spans grows by one when it is full, while the thread may keep more; then the newest
 * blocks stay, which are warm, and the oldest goes back to the span heap. */
void span_cache_push(unsigned class_id, void *block) {
    hak_thread_t *thread = hak_tls.thread;
    unsigned most = hak_classes[class_id].magazine_blocks;
    void **top = hak_tls.top[class_id];
    bool may_keep = most > 0 && thread != NULL && may_keep_span(thread, class_id);
    hak_magazine_t *magazine;
    if (top != MAGAZINE_VOID_TOP) {
        magazine = magazine_of(top);
        if (may_keep && MAGAZINE_SLOTS - magazine->bottom < most) {
            magazine->bottom--;
            *magazine_slot(magazine, magazine->bottom - 1) = NULL;
            thread->span_bytes += hak_classes[class_id].block_bytes;
            shift_in(magazine, block);
            cache_load(thread, class_id, top);
        } else {
            void *oldest = *magazine_slot(magazine, magazine->bottom);
            shift_in(magazine, block);
            span_cache_release(class_id, oldest);
        }
    } else if (may_keep && (magazine = depot_take_empty(class_id, NULL)) != NULL) {
        cache_load_with(thread, class_id, magazine, 1, block);
        thread->span_bytes += hak_classes[class_id].block_bytes;
    } else {
        span_cache_release(class_id, block);
    }
}
