/*
 * plain.h - a block as the tiers serve it, and its way back: what malloc, free and realloc do past
 * the fast path, without hardening, which builds on this (harden/harden.h), and without the bypass.
 *
 * Call from inside the door (os/door.h), but for plain_take_own and plain_with_headroom.
 * Thread-safe.
 */
#ifndef HAK_PLAIN_H
#define HAK_PLAIN_H

#include "../cache/thread_cache.h"
#include "../hakmem_ace.h"

/* NULL and ENOMEM: no memory. The alignment is a power of two. */
void *plain_take(size_t bytes, size_t alignment);
/* What is asked for in place of `bytes` when a block has outgrown its class: a quarter more than it
 * had, so that one which grows by small steps is not copied at each of them, as far as W_MAX
 * allows. */
size_t plain_with_headroom(size_t bytes, size_t outgrown_bytes);
/* In place of a block of `outgrown_bytes` that is too small by now, with room to grow. False: to be
 * taken as any other; true: *block is what there is, NULL if there is no memory. */
bool plain_take_roomy(size_t bytes, size_t outgrown_bytes, void **block);

/* Gives back a block of that class, or stops the process if there is none. */
void plain_give(void *block, unsigned class_id);
/* The same, to the thread's own magazines first. */
void plain_give_own(void *block, unsigned class_id);

/* The class to ask next of what the thread has: ACE's next, of blocks that it decides about, where
 * it shows without a lock that this one has nothing at hand; 0: plain_take has to look. */
static inline unsigned plain_next_own(unsigned class_id, size_t bytes) {
    if (POOL_TLS_PHASE1 || class_is_learned(class_id)) {
        return HAK_CLASS_NONE;
    }
    const hak_class_t *cls = &hak_classes[class_id];
    bool is_empty = false;
    if (cls->pool == POOL_MID) {
        is_empty = !depot_has_full(class_id) && !depot_has_warm(class_id);
    } else if (cls->pool == POOL_LARGE && cls->magazine_blocks != 0) {
        is_empty = !heap_has_dirty(span_pages_for(cls->block_bytes));
    }
    return is_empty ? ace_next(class_id, bytes) : HAK_CLASS_NONE;
}

/* A block that the thread itself has, without ACE's whole way: of the class that the table names,
 * or of the next ones that ACE would ask. NULL: plain_take has to look. */
static inline void *plain_take_own(unsigned class_id, size_t bytes, size_t alignment) {
    for (unsigned id = class_id; id != HAK_CLASS_NONE; id = plain_next_own(id, bytes)) {
        bool is_aligned = alignment <= HAK_ALIGNMENT || class_is_aligned(id, alignment);
        void *block = is_aligned ? cache_pop_own(id) : NULL;
        if (block != NULL) {
            cache_sample(id, bytes);
            return block;
        }
    }
    return NULL;
}

/* Of what is not in slabs. */
bool plain_resize_span(void *block, unsigned class_id, size_t bytes);
size_t plain_usable_span(const void *block, unsigned class_id);

/* The same of a block of the first window, Big: whether it is on as many pages as it was. What it
 * was asked for is then noted to the page only. No lock and no door: the record is the block's own.
 */
static inline bool plain_stays(const void *block, unsigned class_id, size_t bytes) {
    if (class_id != HAK_CLASS_BIG) {
        return false;
    }
    const hak_span_t *span =
        hak_windows[0].span_of[window_page_of(&hak_windows[0], (uintptr_t)block)];
    return span->base == (uintptr_t)block &&
           (bytes - 1) >> HAK_PAGE_SHIFT == (span->request_bytes - 1) >> HAK_PAGE_SHIFT;
}

/* Whether the block serves the new size where it lies, as it does then. */
static inline bool plain_resize(void *block, unsigned class_id, size_t bytes) {
    return class_has_slabs(class_id) ? class_serves(class_id, bytes)
                                     : plain_resize_span(block, class_id, bytes);
}

static inline size_t plain_usable(const void *block, unsigned class_id) {
    return class_id < HAK_CLASS_LIMIT ? hak_classes[class_id].block_bytes
                                      : plain_usable_span(block, class_id);
}

#endif
