/*
 * span_heap.h - spans: runs of whole pages, from one heap that serves every pool and coalesces.
 *
 * A free span is dirty (its pages hold memory) or clean (never touched, or purged: reads as
 * zero). Free neighbours of one kind are merged, of different kinds they are not, so that what is
 * known to be zero stays so. An allocation takes, in this order: the best-fitting dirty span,
 * for that memory is warm and paid for; a clean one, long enough for what is to be cut of it; new
 * pages of a window, or holes that are just long enough, where many are clean.
 *
 * Dirty memory goes back to the OS by the working-set rule (Bonwick & Adams, 2001): as much as
 * was not needed at any time between two calls of heap_purge_idle, oldest first. Memory that a
 * program frees and takes again within the interval stays.
 *
 * Fit: segregated lists (free_lists.h).
 *
 * Threads: one lock (LOCK_RANK_HEAP). A span in use belongs to whoever allocated it; the fields
 * of a slab's span are guarded by its class's lock.
 */
#ifndef HAK_SPAN_HEAP_H
#define HAK_SPAN_HEAP_H

#include "window.h"

typedef enum { SPAN_DIRTY, SPAN_CLEAN, SPAN_USED, SPAN_PURGING } hak_span_state_t;

struct hak_span {
    uintptr_t base;
    size_t pages;
    hak_window_t *window;
    uint8_t state;    /* hak_span_state_t; heap lock */
    uint8_t class_id; /* while in use */
    bool is_slab;
    bool fresh;                  /* when allocated: every byte reads as zero; void once handed on */
    hak_span_t *next, *previous; /* free: list of its length; slab: list of its fullness */
    hak_span_t *newer, *older;   /* dirty: by time of freeing */
    /* Slabs only, guarded by the class's lock: */
    uint64_t *free_bits; /* one bit a block: free */
    uint64_t *cold_bits; /* free, and not in memory; NULL: these are the ones never carved */
    uint16_t blocks, free_blocks, cold_blocks, carved_blocks;
    int8_t list;          /* in which it is filed; -1: none */
    size_t request_bytes; /* direct and big blocks: what was asked for */
    uint32_t guard_pages; /* hardening: in front of the block (harden/guard.h), or in front of the
                             slab and as many behind it (slab/slab_guard.h); 0: it has none */
};

typedef struct hak_span_request {
    size_t pages;
    size_t align_pages; /* power of two; 1: any page */
    unsigned class_id;  /* the byte for the page map */
    bool is_slab;       /* every page gets class_id and leads to the record; else the first only */
    size_t room_pages;  /* wished for behind it, free, for a block that goes on growing */
    size_t whole_pages; /* a dirty span of at most so many is taken whole, not split */
    size_t cut_pages;   /* of clean pages so many are taken, if these are more */
    bool dirty_only;    /* nothing that is not in memory already */
} hak_span_request_t;

/* NULL: the OS refused, *failure says what. The caller has no heap lock; may hold a class lock. */
hak_span_t *heap_alloc(const hak_span_request_t *request, hak_map_failure_t *failure);
void heap_free(hak_span_t *span);
/* Cuts a span in use to its first `pages`, or extends it by what follows; false: it cannot. */
bool heap_shrink(hak_span_t *span, size_t pages);
bool heap_extend(hak_span_t *span, size_t pages);
/* Gives a span in use, that is one block, another class. */
void heap_set_class(hak_span_t *span, unsigned class_id);

/* A dirty free span of at least `least` pages may exist. A hint, lock-free. */
bool heap_has_dirty(size_t least);

/* Purges what was idle since the last call. Call without locks. */
void heap_purge_idle(void);
/* Purges dirty spans, oldest first, until at most `keep_bytes` are left. Bytes given back. */
size_t heap_purge_to(size_t keep_bytes);

/* Under RLIMIT_AS: gives back address space that holds no block. */
void heap_release_windows(void);

/* The record of a slab page, or of the first page of another span in use; else NULL. */
hak_span_t *span_of(const void *pointer);

typedef struct hak_heap_figures {
    size_t used_bytes, dirty_bytes, clean_bytes, purged_bytes;
    uint64_t allocs, purges;
} hak_heap_figures_t;
size_t heap_used_hint(void); /* bytes of spans in use; without the lock */
void heap_read(hak_heap_figures_t *out);
void heap_note_purged(size_t bytes); /* a slab purged blocks of its own */

#endif
