/*
 * live.h - a flag a block: the program has it. What level 1 consists of.
 *
 * The flags stand apart from the blocks, in a map of their window (span/live_map.h), where those of
 * neighbouring blocks are neighbours. malloc raises a block's flag, and it must be down, or the
 * free list that the block came from is corrupt; free lowers it, and it must be up. So a second
 * free is noticed at once, also while the block waits in a magazine, and so is a pointer at which
 * no block begins.
 *
 * Bytes, not bits, so that neighbours can be written by different threads without a locked
 * instruction. Lowering is an exchange: of two threads that free a block at the same moment, one is
 * told. (A plain load and store were no faster.) A byte a block in an array beside its slab's
 * bitmaps, reached by way of the slab's record, took twice the instructions; a byte for each 16
 * bytes of the heap a few less, but each flag was then in a cache line of its own.
 */
#ifndef HAK_LIVE_H
#define HAK_LIVE_H

#include "../span/window.h"

/* The window that level 1 looks at first; void at level 2, as the one of the fast path is at both.
 */
#define LIVE_WINDOW (&hak_windows[1])

/* The flag of what lies `offset` bytes into a window, on a page of the class: its place in the map,
 * or more than that has, for a place at which no block of the class may begin: then bits are
 * rotated to the top. */
static inline size_t live_unit(const hak_window_t *window, size_t offset, size_t class_id) {
    size_t entry = offset + window->live_bytes;
    unsigned shift = window_live_shift[class_id];
    return entry >> shift | entry << (-shift & 63);
}

static inline bool live_exists(const hak_window_t *window, size_t unit) {
    return unit < window->live_bytes; /* there are an eighth of so many */
}

static inline bool live_has_page(const hak_window_t *window, size_t offset) {
    return offset >> HAK_PAGE_SHIFT < HAK_RELAXED(window->committed_pages);
}

/* Of a page that the window has. */
static inline size_t live_class(const hak_window_t *window, size_t offset) {
    return HAK_RELAXED(window->class_of[offset >> HAK_PAGE_SHIFT]);
}

/* The flag of the block that begins at `address`; NULL: none can. */
static inline uint8_t *live_flag(uintptr_t address) {
    const hak_window_t *window = window_find(address);
    if (window == NULL) {
        return NULL;
    }
    size_t offset = address - window->base;
    size_t unit = live_unit(window, offset, live_class(window, offset));
    return live_exists(window, unit) ? window->live_of + unit : NULL;
}

static inline bool live_is_up(const uint8_t *flag) {
    /* Acquire: what was written to the block before its flag was raised. */
    return __atomic_load_n(flag, __ATOMIC_ACQUIRE) != 0;
}

/* False: it is up already. */
static inline bool live_raise(uint8_t *flag) {
    if (HAK_UNLIKELY(HAK_RELAXED(*flag) != 0)) {
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
