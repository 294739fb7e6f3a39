/*
 * hakmem_tiers.h - the tiers, from small to large: a table of classes and a policy each, over the
 * one machinery of slabs, depots and thread caches.
 *
 *   Tiny, SmallMid    hakmem_tiny.c, hakmem_smallmid.c     not behind ACE: no bound on waste
 *   Mid, Large        hakmem_pool.c, hakmem_l25_pool.c     behind ACE (hakmem_ace.h)
 *   Big, direct path  hakmem_bigcache.c                    without a class
 *
 * X_add_classes fills the class table at start-up, in this order. A function that grows adds memory
 * to a class and returns a block of it; when it cannot, it reports the failure itself (it knows
 * what the cap was or what the OS said) and returns NULL. `request_bytes` is what the program asked
 * for.
 */
#ifndef HAK_TIERS_H
#define HAK_TIERS_H

#include "cache/upkeep.h"
#include "slab/size_class.h"
#include "span/span_heap.h"

void tiny_add_classes(void);
void smallmid_add_classes(void);
void mid_add_classes(void);
void large_add_classes(void);
void large_start(void); /* last, when there are all classes */
/* Sets what a class of that tier is like, by its block_bytes: how it is carved, cached, purged. */
void smallmid_carve(hak_class_t *cls);
void mid_carve(hak_class_t *cls);
void large_carve(hak_class_t *cls);
/* Adds the classes of an option's list of sizes (options_sizes); false: there are none. */
bool tier_add_listed(const char *name, const char *list, size_t unit, size_t least, size_t most,
                     void (*add)(uint32_t block_bytes));

/* A block of a class with slabs and without a bound on waste (tiny, smallmid); NULL when the OS
 * refuses. */
void *tier_alloc(unsigned class_id, size_t request_bytes);

/* The same of any class with slabs, or NULL: no failure is reported, nothing is given up for it. */
void *tier_try(unsigned class_id, size_t request_bytes);

/* The same of a class without slabs. */
void *large_try(unsigned class_id, size_t request_bytes);
/* How many blocks of a class may lie at hand that learnt classes have replaced, before these are
 * handed out in place of letting them grow: a slab, and a sixteenth. */
static inline size_t tier_most_stranded(unsigned class_id, size_t blocks) {
    return hak_classes[class_id].slab_blocks + blocks / 16;
}
/* The same of a learnt class of any tier. */
void *tier_try_learned(unsigned class_id, size_t request_bytes);
/* What a change of the learnt classes left behind, so many bytes, is used up from now on before
 * they grow, and no more. Any thread. */
void tier_begin_draining(size_t bytes);
void tier_end_draining(void);

typedef enum { POOL_SERVED, POOL_EXHAUSTED, POOL_REFUSED } hak_pool_result_t;
/* Adds a slab to a class of any tier that has slabs. */
hak_pool_result_t tier_grow(unsigned class_id, size_t request_bytes, void **block);

/* As heap_alloc; at HAKMEM_LIMIT everything cached is given back before it is refused. */
static inline hak_span_t *tier_span(const hak_span_request_t *request, hak_map_failure_t *failure) {
    hak_span_t *span = heap_alloc(request, failure);
    if (span == NULL && failure->at_limit) {
        upkeep_reclaim(0);
        span = heap_alloc(request, failure);
    }
    return span;
}

/* The span of a Large or Big block, in pages. Address space costs nothing, so that of clean memory
 * the span is cut longer than the block, by two thirds of the waste that W_MAX allows, to one of
 * eight lengths per doubling: blocks of about one size then fit into each other's spans, and what
 * one of them leaves serves the next whole. Of memory that is resident no more is taken than the
 * block needs, but that a span within W_MAX is not cut. */
size_t span_cut_pages(size_t bytes, size_t least_pages); /* of clean memory */
/* The longest dirty span that is not cut. */
size_t span_whole_pages(size_t bytes, size_t least_pages);

/* A block of a class from warm memory; NULL: there is none. */
void *large_reuse(unsigned class_id, size_t request_bytes);
/* `room_bytes`: what should be free behind it, if that is to be had, for it to grow into. Unless
 * that is 0 a failure is not reported: the caller has another way. */
hak_pool_result_t large_grow(unsigned class_id, size_t request_bytes, size_t room_bytes,
                             void **block);
/* Resizes a block of a class without slabs where it lies, to a smaller or larger class of the pool
 * or to a Big block; false: it cannot, and the block is as it was. */
bool large_resize(void *block, size_t bytes);

/* Page-exact blocks. `kind` is HAK_CLASS_BIG or HAK_CLASS_DIRECT; `failure_class` is what a
 * MapFail is counted under, HAK_CLASS_NONE for none. NULL and ENOMEM when the OS refuses. */
void *exact_alloc(unsigned kind, unsigned failure_class, size_t bytes, size_t alignment,
                  size_t room_bytes);
void exact_free(void *block);
/* Resizes where it lies; false: it cannot, and the block is as it was. */
bool exact_resize(void *block, size_t bytes);
/* Makes a block of the large pool that has grown beyond it, and been extended, a Big one. */
void exact_adopt(hak_span_t *span, size_t bytes);
/* What the block is said to have been asked for: what hardening puts round it is not. */
void exact_set_request(hak_span_t *span, size_t bytes);
size_t exact_pages(unsigned kind, size_t bytes); /* of the span */
size_t exact_usable(const void *block);
size_t exact_requested_bytes(hak_pool_id_t pool); /* of all live blocks of DIRECT or BIG */

#endif
