/*
 * span.h - the record of a run of pages, and what can be asked for.
 *
 * A span begins and ends between two pages of the system, where these are larger than the heap's,
 * too: so its memory can be given back, and its access forbidden, without a look at its neighbours.
 * Who asks for one sees to that (span_pages_for).
 *
 * A span in use belongs to whoever allocated it; the fields of a slab's span are guarded by its
 * class's lock, the others by the heap's.
 */
#ifndef HAK_SPAN_H
#define HAK_SPAN_H

#include "../base/list.h"
#include "../os/fatal.h"
#include "../os/os.h"
#include "window.h"

typedef enum { SPAN_DIRTY, SPAN_CLEAN, SPAN_USED, SPAN_PURGING, SPAN_DEFERRED } hak_span_state_t;

struct hak_span {
    uintptr_t base;
    size_t pages;
    hak_window_t *window;
    uint32_t state;   /* hak_span_state_t; heap lock, but for use and its end, which are atomic */
    uint8_t class_id; /* while in use */
    bool is_slab;
    bool fresh;       /* when allocated: was clean, every byte reads as zero */
    hak_link_t place; /* free: list of its length; slab: list of its fullness */
    hak_link_t age;   /* dirty: by time of freeing, the newest first */
    /* Slabs only, guarded by the class's lock: */
    uint64_t *free_bits; /* one bit a block: free */
    uint64_t *cold_bits; /* free, and not in memory; NULL: those never carved, if fresh */
    uint16_t blocks, free_blocks, cold_blocks, carved_blocks;
    uint16_t filed_most;  /* with more free blocks, a warm one among them, it belongs elsewhere */
    int8_t list;          /* in which it is filed; -1: none */
    size_t request_bytes; /* direct and big blocks: what was asked for */
    uint32_t guard_pages; /* hardening: in front of the block (harden/guard.h), or in front of the
                             slab and as many behind it (slab/slab_guard.h); 0: it has none */
};

typedef struct hak_span_request {
    size_t pages;       /* as of span_pages_for */
    size_t align_pages; /* power of two; 1: any page */
    unsigned class_id;  /* the byte for the page map */
    bool is_slab;       /* every page gets class_id and leads to the record; else the first only */
    size_t room_pages;  /* wished for behind it, free, for a block that goes on growing */
    size_t whole_pages; /* a dirty span of at most so many is taken whole, not split */
    size_t cut_pages;   /* of clean pages so many are taken, if these are more; as pages */
} hak_span_request_t;

/* The pages of the heap in the least span that holds so many bytes. */
static inline size_t span_pages_for(size_t bytes) {
    return os_page_up(bytes) >> HAK_PAGE_SHIFT;
}

/* The pages of the heap in one of the system's: the unit of spans. */
static inline size_t span_unit_pages(void) {
    return os_page_bytes >> HAK_PAGE_SHIFT;
}

/* What a request may need more than its pages, so that some of them lie at its alignment. */
static inline size_t span_slack_pages(const hak_span_request_t *request) {
    return request->align_pages - hak_min(request->align_pages, span_unit_pages());
}

/* Relaxed: a neighbour is looked at while its block is freed to wait (deferred.h), or taken again.
 */
static inline hak_span_state_t span_state(const hak_span_t *span) {
    return (hak_span_state_t)HAK_RELAXED(span->state);
}

/* A span in use becomes something else; of two threads that free it one finds it so. */
static inline void span_end_use(hak_span_t *span, hak_span_state_t state) {
    uint32_t before = __atomic_exchange_n(&span->state, (uint32_t)state, __ATOMIC_RELAXED);
    HAK_CHECK(before == SPAN_USED, "span freed twice", (void *)span->base);
}

/* The record of a slab page, or of the first page of another span in use; else NULL. */
hak_span_t *span_of(const void *pointer);
/* The record of a span in use that begins there, or NULL. */
hak_span_t *span_of_block(const void *block);

#endif
