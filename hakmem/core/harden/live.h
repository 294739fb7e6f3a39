/*
 * live.h - a flag a block: the program has it. What level 1 consists of.
 *
 * The flags stand apart from the blocks, in a map of their window (span/live_map.h). malloc raises
 * a block's flag, and it must be down, or the free list that the block came from is corrupt; free
 * lowers it, and it must be up. So a second free is noticed at once, also while the block waits in
 * a magazine, and so is a pointer at which no block begins. A flag that is up is the block's class,
 * so that free need not look for that elsewhere.
 *
 * Bytes, not bits, so that neighbours can be written by different threads without a locked
 * instruction. Lowering is an exchange: of two threads that free a block at the same moment, one is
 * told. (A plain load and store were no faster.) A byte a block in an array beside its slab's
 * bitmaps, reached by way of the slab's record, took twice the instructions; a byte for each 16
 * bytes of the heap, for blocks of whole pages too, put each flag in a cache line of its own.
 */
#ifndef HAK_LIVE_H
#define HAK_LIVE_H

#include "../span/window.h"

/* The window that level 1 looks at first; void at level 2, as the one of the fast path is at both.
 */
#define LIVE_WINDOW (&hak_windows[1])

enum { LIVE_PAGE_UNITS = HAK_PAGE_BYTES >> LIVE_MAP_LEAST };

/* Where an address lies, in units of 16 bytes; an address between two comes out beyond all windows.
 */
static inline size_t live_unit(const hak_window_t *window, uintptr_t address) {
    size_t offset = address - window->base;
    return offset >> LIVE_MAP_LEAST | offset << (64 - LIVE_MAP_LEAST);
}

/* Relaxed, as window_has_page. */
static inline bool live_has_unit(const hak_window_t *window, size_t unit) {
    return unit < HAK_RELAXED(window->live_units);
}

static inline uint8_t *live_flag_of(const hak_window_t *window, size_t unit) {
    return unit % LIVE_PAGE_UNITS != 0 ? window->live_small + unit
                                       : window->live_pages + unit / LIVE_PAGE_UNITS;
}

/* The class of the page that a unit is on. Relaxed: of a live block, as window_class. */
static inline size_t live_class(const hak_window_t *window, size_t unit) {
    return HAK_RELAXED(window->class_of[unit / LIVE_PAGE_UNITS]);
}

/* The flag of the block that begins at `address`; NULL: none can. */
static inline uint8_t *live_flag(uintptr_t address) {
    const hak_window_t *window = window_find(address);
    size_t unit = window == NULL ? 0 : live_unit(window, address);
    return window != NULL && live_has_unit(window, unit) ? live_flag_of(window, unit) : NULL;
}

static inline bool live_is_up(const uint8_t *flag) {
    /* Acquire: what was written to the block before its flag was raised. */
    return __atomic_load_n(flag, __ATOMIC_ACQUIRE) != 0;
}

/* False: it is up already. */
static inline bool live_raise(uint8_t *flag, size_t class_id) {
    /* Relaxed: the free that lowered it came before the block's way through magazines to here. */
    if (HAK_UNLIKELY(HAK_RELAXED(*flag) != 0)) {
        return false;
    }
    __atomic_store_n(flag, (uint8_t)class_id, __ATOMIC_RELEASE); /* see live_is_up */
    return true;
}

/* The block's class; HAK_CLASS_NONE: the flag was down already. */
static inline size_t live_lower(uint8_t *flag) {
#if __GCC_ATOMIC_CHAR_LOCK_FREE < 2 /* as on RISC-V: by the word, of which this is one byte */
    uint32_t *word = (uint32_t *)((uintptr_t)flag & ~(uintptr_t)3);
    unsigned shift = (unsigned)((uintptr_t)flag & 3) * 8;
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the lowest byte comes first");
    return __atomic_fetch_and(word, ~((uint32_t)0xff << shift), __ATOMIC_ACQ_REL) >> shift & 0xff;
#elif defined(__SANITIZE_THREAD__) || !defined(__x86_64__)
    return __atomic_exchange_n(flag, HAK_CLASS_NONE, __ATOMIC_ACQ_REL);
#else /* the same, without an instruction that widens the byte */
    size_t class_id = HAK_CLASS_NONE;
    __asm__ volatile("xchgb %b0, %1" : "+q"(class_id), "+m"(*flag) : : "memory");
    return class_id;
#endif
}

/* Of a live block that has become one of another class where it lies. */
static inline void live_set_class(uint8_t *flag, size_t class_id) {
    __atomic_store_n(flag, (uint8_t)class_id, __ATOMIC_RELEASE);
}

#endif
