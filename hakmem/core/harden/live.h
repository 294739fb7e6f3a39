/*
 * live.h - a flag a block: the program has it. What level 1 consists of.
 *
 * The flags stand apart from the blocks, in a map of their window: a byte for each 16 bytes of the
 * heap, of which the one where a block begins is its flag. malloc raises it, and it must be down,
 * or the free list that the block came from is corrupt; free lowers it, and it must be up. So a
 * second free is noticed at once, also while the block waits in a magazine, and so is a pointer at
 * which no block begins.
 *
 * Bytes, not bits, so that neighbours can be written by different threads without a locked
 * instruction: that is a sixteenth of memory for the time of one. Lowering is an exchange: of two
 * threads that free a block at the same moment, one is told. (A plain load and store were no
 * faster.) A byte a block in an array beside its slab's bitmaps, reached by way of the slab's
 * record, took twice the instructions.
 */
#ifndef HAK_LIVE_H
#define HAK_LIVE_H

#include "../span/window.h"

/* The window that level 1 looks at first; void at level 2, as the one of the fast path is at both.
 */
#define LIVE_WINDOW (&hak_windows[1])

/* Where the address lies in a window, in units of a flag: beyond all windows if it is not a
 * multiple of 16, for then bits are rotated to the top. */
static inline size_t live_unit(const hak_window_t *window, uintptr_t address) {
    uintptr_t offset = address - window->base;
    return offset >> WINDOW_LIVE_SHIFT | offset << (64 - WINDOW_LIVE_SHIFT);
}

static inline size_t live_units(const hak_window_t *window) {
    return HAK_RELAXED(window->committed_pages) << (HAK_PAGE_SHIFT - WINDOW_LIVE_SHIFT);
}

static inline unsigned live_class(const hak_window_t *window, size_t unit) {
    return HAK_RELAXED(window->class_of[unit >> (HAK_PAGE_SHIFT - WINDOW_LIVE_SHIFT)]);
}

/* The flag of the block that begins at `address`; NULL: none can. */
static inline uint8_t *live_flag(uintptr_t address) {
    hak_window_t *window = window_find(address);
    size_t unit = window == NULL ? SIZE_MAX : live_unit(window, address);
    return window == NULL || unit >= live_units(window) ? NULL : window->live_of + unit;
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
