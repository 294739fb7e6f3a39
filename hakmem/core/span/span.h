/*
 * span.h - the record of a run of pages, and what can be asked for.
 *
 * A span in use belongs to whoever allocated it; the fields of a slab's span are guarded by its
 * class's lock, the others by the heap's.
 */
#ifndef HAK_SPAN_H
#define HAK_SPAN_H

#include "../base/list.h"
#include "window.h"

typedef enum { SPAN_DIRTY, SPAN_CLEAN, SPAN_USED, SPAN_PURGING } hak_span_state_t;

struct hak_span {
    uintptr_t base;
    size_t pages;
    hak_window_t *window;
    uint8_t state;    /* hak_span_state_t; heap lock */
    uint8_t class_id; /* while in use */
    bool is_slab;
    bool fresh;       /* when allocated: was clean, every byte reads as zero */
    hak_link_t place; /* free: list of its length; slab: list of its fullness */
    hak_link_t age;   /* dirty: by time of freeing, the newest first */
    /* Slabs only, guarded by the class's lock: */
    uint64_t *free_bits; /* one bit a block: free */
    uint64_t *cold_bits; /* free, and not in memory; NULL: those never carved, if fresh */
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

/* The record of a slab page, or of the first page of another span in use; else NULL. */
hak_span_t *span_of(const void *pointer);
/* The record of a span in use that begins there, or NULL. */
hak_span_t *span_of_block(const void *block);

#endif
