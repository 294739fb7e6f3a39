/*
 * magazine.h - a bounded stack of free blocks of one class (Bonwick & Adams, "Magazines and
 * Vmem", USENIX 2001), laid out so that one word is all that the fast path keeps.
 *
 *     512-byte aligned                                                     next multiple of 512
 *     | next, bottom, count | … unused … | NULL | block | block | free | free |
 *                                               ^ bottom        ^ top
 *
 * `top` points at the first free slot. The slot below the bottom holds NULL, so "empty" is seen
 * by what a pop would return; the magazine ends at a multiple of its alignment, so "full" is seen
 * by the low bits of top. A smaller magazine is one whose bottom lies higher. The blocks
 * themselves are not touched: they may be cold, or not even in memory.
 *
 * A thread that has no magazine of a class points into the void magazine, which is empty and full
 * at once: its one stored word is NULL and its top is aligned.
 */
#ifndef HAK_MAGAZINE_H
#define HAK_MAGAZINE_H

#include "../base/base.h"
#include "../os/fatal.h"

#define MAGAZINE_BYTES      ((size_t)512)
#define MAGAZINE_SLOTS      (MAGAZINE_BYTES / sizeof(void *))
#define MAGAZINE_MAX_BLOCKS (MAGAZINE_SLOTS - 3) /* two words of header, one NULL */

typedef struct hak_magazine {
    struct hak_magazine *next; /* in the depot; its class's lock */
    uint32_t bottom;           /* slot index */
    uint32_t count;            /* blocks, while it is not a thread's loaded one */
    void *slots[MAGAZINE_SLOTS - 2];
} hak_magazine_t;

static_assert(sizeof(hak_magazine_t) == MAGAZINE_BYTES, "a magazine fills its alignment");

extern void *hak_void_magazine[MAGAZINE_SLOTS] HAK_HIDDEN;
#define MAGAZINE_VOID_TOP (hak_void_magazine + MAGAZINE_SLOTS)

static inline bool magazine_is_full(void **top) {
    return ((uintptr_t)top & (MAGAZINE_BYTES - 1)) == 0;
}

static inline hak_magazine_t *magazine_of(void **top) {
    return (hak_magazine_t *)(((uintptr_t)top - 1) & ~(MAGAZINE_BYTES - 1));
}

static inline void **magazine_slot(hak_magazine_t *magazine, uint32_t index) {
    return (void **)(void *)magazine + index;
}

/* The index of the slot that `top` points at, without a look into the magazine. */
static inline size_t magazine_index(void **top) {
    return (((uintptr_t)top - 1) & (MAGAZINE_BYTES - 1)) / sizeof(void *) + 1;
}

static inline unsigned magazine_count(void **top) {
    return (unsigned)(magazine_index(top) - magazine_of(top)->bottom);
}

/* Empties a magazine that is to be loaded, and sets how many blocks it may hold; its top. */
static inline void **magazine_reset(hak_magazine_t *magazine, unsigned capacity) {
    HAK_ASSERT(capacity > 0);
    magazine->bottom = (uint32_t)(MAGAZINE_SLOTS - capacity);
    *magazine_slot(magazine, magazine->bottom - 1) = NULL;
    return magazine_slot(magazine, magazine->bottom);
}

/* The top of a magazine that holds magazine->count blocks. */
static inline void **magazine_top(hak_magazine_t *magazine) {
    return magazine_slot(magazine, magazine->bottom + magazine->count);
}

#endif
