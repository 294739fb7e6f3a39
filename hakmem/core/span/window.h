/*
 * window.h - address space that hakmem hands out, and the page map that tells whose it is.
 *
 * A window is one reservation:
 *
 *     | class_of: a byte a page | span_of: a pointer a page | live_of | heap pages ...            |
 *       committed as the heap grows                           committed ──► frontier ── reserved
 *
 * Each part begins on a page of the system, and frontiers lie between two of these.
 *
 * class_of says which class (or kind of block) a page belongs to; it is what makes "whose pointer
 * is this" a subtraction, a compare and a byte, for any address, without touching it. span_of
 * leads to the record; it is valid for every page of a slab, and for the first and last page of
 * any other span.
 *
 * live_of is hardening's (live_map.h); without hardening it is empty.
 *
 * The first window is large (four times the machine's memory) and is the one that the fast path
 * looks at. Where address space is limited (RLIMIT_AS), windows are small and chained, and all
 * but the first are found by a search. A limit that is set while the process runs is honoured:
 * what the first window has not committed is then given back. hakmem does not ask for it (os.h):
 * it shows by what the kernel refuses.
 *
 * What is only reserved is kept out of core dumps; without that gdb's gcore would write all of it.
 *
 * Invariants: a window never moves, and its maps never go away; committed_pages grows, and drops to
 * 0 when a window without any block is released (only under RLIMIT_AS). Everything is
 * written under the heap lock; the fields that classification reads are published by the release
 * store of committed_pages (and of the window count).
 */
#ifndef HAK_WINDOW_H
#define HAK_WINDOW_H

#include "../base/base.h"

typedef struct hak_span hak_span_t;

/* The arrays of live_of: bytes to flags, by shifts of 4 and 12. */
#define LIVE_MAP_LEAST  4
#define LIVE_MAP_MOST   HAK_PAGE_SHIFT
#define LIVE_MAP_STEP   8
#define LIVE_MAP_ARRAYS ((LIVE_MAP_MOST - LIVE_MAP_LEAST) / LIVE_MAP_STEP + 1)

typedef struct hak_window {
    uintptr_t base;         /* of the heap pages */
    size_t committed_pages; /* accessible, from base on */
    uint8_t *class_of;      /* [reserved_pages] */
    uint8_t *live_of;       /* [live_bytes >> 12 … live_bytes >> 3], see live_map.h */
    size_t live_bytes;      /* of the heap, as it was reserved; 0 without hardening */
    size_t live_units;      /* of 16 bytes, from base on, that have their flags */
    uint8_t *live_small;    /* one for each unit */
    uint8_t *live_pages;    /* one for each page */
    hak_span_t **span_of;   /* [reserved_pages] */
    size_t reserved_pages;
    size_t class_of_committed;                 /* bytes */
    size_t span_of_committed;                  /* bytes */
    bool limited;                              /* made under RLIMIT_AS, or cut down to it */
    bool released;                             /* its pages went back to the OS; its maps stay */
    size_t live_of_committed[LIVE_MAP_ARRAYS]; /* of each array */
} HAK_ALIGNED(HAK_CACHE_LINE) hak_window_t;

extern hak_window_t hak_windows[] HAK_HIDDEN;

/* What was refused: how much was asked for, and what the OS said, or that it was not asked. */
typedef struct hak_map_failure {
    size_t bytes;
    int error;
    bool at_limit; /* of HAKMEM_LIMIT */
} hak_map_failure_t;

/* The window whose committed pages hold `address`, or NULL. Lock-free, for any address. */
hak_window_t *window_find(uintptr_t address);

typedef struct hak_extension {
    hak_window_t *window;
    size_t first, count; /* its pages that are fresh */
    bool is_huge;        /* see huge_advise */
} hak_extension_t;

/* Commits pages at the frontier of the newest window, or in a new one, so that at least `pages`
 * are contiguous, counting `tail_pages` free ones that end at the newest frontier. Heap lock. May
 * also succeed with fewer than asked (what an old window had left); the caller then asks again. */
bool window_extend(size_t pages, size_t tail_pages, hak_extension_t *out,
                   hak_map_failure_t *failure);

/* Gives the memory of free pages back, and that of the flags that live_of has for them alone. They
 * are in one window. 0 or an errno. */
int window_purge(void *start, size_t bytes);

/* Gives back what the newest window only reserves, if RLIMIT_AS was set meanwhile; whether it did.
 * Heap lock. */
bool window_honour_limit(void);

/* Asks for the limits that the process starts with. Before the first allocation. */
void window_start(void);

/* Makes reserved pages accessible, of a window's maps or of the heap. 0 or an errno. */
int window_commit(const hak_window_t *window, void *start, size_t bytes);

/* For hardening: windows have a map live_of, and the first `void_windows` have no pages. The fast
 * path looks at the first one only. Before the first allocation. */
void window_harden(unsigned void_windows);
hak_window_t *window_at(unsigned index); /* in order of their making; NULL: there is none */
hak_window_t *window_newest(void);       /* the one that grows; NULL before the first; heap lock */

/* Gives the address space of windows that were made under RLIMIT_AS, and have nothing in use, back
 * to the OS: `is_free` says whether all committed pages of a window are one free span, and takes
 * that span out of the heap. The maps stay, for readers without a lock, and a released window is
 * used again only at its old place. Heap lock. */
void window_release_free(bool (*is_free)(hak_window_t *window));
size_t window_mapped_bytes(void);
size_t window_map_bytes(void); /* committed for class_of and span_of */

static inline size_t window_page_of(const hak_window_t *window, uintptr_t address) {
    /* Relaxed: a block beside the heap (box/beside.h) may be asked for before there is a window. */
    return (address - HAK_RELAXED(window->base)) >> HAK_PAGE_SHIFT;
}

/* Relaxed, here and below: whoever holds a block got it after its page was committed and marked. A
 * stale count sends it to the slow path, which looks again (window_find); and a thread that may see
 * a count without the base that belongs to it has taken no block yet, so that its magazines are
 * void, and no class that it reads leads to anything. */
static inline bool window_has_page(const hak_window_t *window, size_t page) {
    return page < HAK_RELAXED(window->committed_pages);
}

static inline size_t window_class(const hak_window_t *window, size_t page) {
    return HAK_RELAXED(window->class_of[page]);
}

/* The class byte of an address in the first window, HAK_CLASS_NONE for any other address. */
static inline size_t window_class_fast(uintptr_t address) {
    size_t page = window_page_of(&hak_windows[0], address);
    return HAK_LIKELY(window_has_page(&hak_windows[0], page)) ? window_class(&hak_windows[0], page)
                                                              : HAK_CLASS_NONE;
}

#endif
