/*
 * live.h - a flag a block: the program has it. What level 1 consists of.
 *
 * The flags stand apart from the blocks: those of a slab in an array of bytes beside its bitmaps,
 * that of a span which is one block in its record. malloc raises a flag, which must be down, or the
 * free list that the block came from is corrupt; free lowers it, and it must be up. So a second
 * free is noticed at once, also while the block waits in a magazine, and so is a pointer that is no
 * block's start.
 *
 * Bytes, not bits, so that neighbours can be written by different threads without a locked
 * instruction. Lowering is an exchange: of two threads that free a block at the same moment, one is
 * told.
 */
#ifndef HAK_LIVE_H
#define HAK_LIVE_H

#include "../slab/slab.h"

/* The window that holds an address, or NULL. The first one is void with hardening on. */
static inline hak_window_t *live_window(uintptr_t address) {
    hak_window_t *window = &hak_windows[1];
    if (HAK_LIKELY(window_page_of(window, address) < HAK_RELAXED(window->committed_pages))) {
        return window;
    }
    return window_find(address);
}

static inline unsigned live_class(const hak_window_t *window, uintptr_t address) {
    return HAK_RELAXED(window->class_of[window_page_of(window, address)]);
}

/* As slab_block_index, here for speed. */
static inline uint8_t *live_slab_flag(const hak_span_t *slab, const hak_class_t *cls,
                                      uintptr_t address) {
    uint64_t offset = address - slab->base;
    uint64_t index = offset * cls->reciprocal >> 40;
    bool begins = index * cls->block_bytes == offset && index < slab->blocks;
    return HAK_LIKELY(begins && slab->live_flags != NULL) ? slab->live_flags + index : NULL;
}

/* The flag of the block that begins at `address`, whose page is marked as of `class_id`; NULL: none
 * begins there. Not of a page in the middle of a span that is one block. */
static inline uint8_t *live_flag(hak_window_t *window, unsigned class_id, uintptr_t address) {
    hak_span_t *span = HAK_RELAXED(window->span_of[window_page_of(window, address)]);
    const hak_class_t *cls = &hak_classes[class_id];
    if (cls->slab_pages != 0) {
        return live_slab_flag(span, cls, address);
    }
    return span->base == address && span->guard_pages == 0 ? &span->live_flag : NULL;
}

/* The same where most blocks are: in the first window that has pages, and in slabs; else none, and
 * NULL. The class may be any; it must be the page's. */
static inline unsigned live_class_quick(uintptr_t address) {
    const hak_window_t *window = &hak_windows[1];
    size_t page = window_page_of(window, address);
    return HAK_LIKELY(page < HAK_RELAXED(window->committed_pages))
               ? HAK_RELAXED(window->class_of[page])
               : (unsigned)HAK_CLASS_NONE;
}

static inline uint8_t *live_flag_quick(uintptr_t address, unsigned class_id) {
    const hak_window_t *window = &hak_windows[1];
    const hak_class_t *cls = &hak_classes[class_id];
    size_t page = window_page_of(window, address);
    if (HAK_UNLIKELY(cls->slab_pages == 0 || page >= HAK_RELAXED(window->committed_pages) ||
                     HAK_RELAXED(window->class_of[page]) != class_id)) {
        return NULL;
    }
    return live_slab_flag(HAK_RELAXED(window->span_of[page]), cls, address);
}

static inline bool live_is_up(const uint8_t *flag) {
    /* Acquire: what was written to the block before its flag was raised. */
    return __atomic_load_n(flag, __ATOMIC_ACQUIRE) != 0;
}

/* False: it is up already. */
static inline bool live_raise(uint8_t *flag) {
    if (HAK_UNLIKELY(__atomic_load_n(flag, __ATOMIC_RELAXED) != 0)) {
        return false;
    }
    __atomic_store_n(flag, 1, __ATOMIC_RELEASE); /* see live_is_up */
    return true;
}

/* False: it is down already. */
static inline bool live_lower(uint8_t *flag) {
    return __atomic_exchange_n(flag, 0, __ATOMIC_ACQ_REL) != 0;
}

#endif
