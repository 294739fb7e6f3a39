/*
 * hakmem_learned.c - blocks of learnt classes (HAKMEM_LEARN, box/learn.h), of any tier.
 *
 * While blocks of the class that served these sizes before are freed and not asked for any more,
 * its slabs hold memory that nobody uses, until the next purge: all of it, if the program exchanges
 * its blocks quickly. So as long as more of that lies at hand than a slab and a sixteenth of the
 * class, it is handed out instead of letting the learnt class grow: from the fullest slab, so that
 * the sparse ones drain. Only for a while after a change: what a program lets go of and takes again
 * then would keep the old class in use for ever, and each of its requests would look here.
 */
#include "hakmem_tiers.h"
#include "slab/slab.h"

/* Of the memory in use so much may lie at hand as spans meanwhile. */
#define DRAINED_SHARE 32

/* Relaxed: hints. */
static struct {
    bool is_on;
    size_t left_bytes;
} draining;

void tier_begin_draining(size_t bytes) {
    __atomic_store_n(&draining.left_bytes, bytes, __ATOMIC_RELAXED);
    __atomic_store_n(&draining.is_on, true, __ATOMIC_RELAXED);
}

void tier_end_draining(void) {
    __atomic_store_n(&draining.is_on, false, __ATOMIC_RELAXED);
}

/* Whether so much of a class lies at hand, with nobody to ask for it, that it had better be used up
 * before a learnt class grows. Without a bound a program that exchanges all its blocks quickly
 * would have twice its memory until the next purge. */
static bool has_stranded(unsigned class_id) {
    if (!depot_has_full(class_id) && !depot_has_warm(class_id)) {
        return false;
    }
    hak_depot_figures_t depot;
    depot_read(class_id, &depot);
    return depot.warm_blocks + depot.magazine_blocks > tier_most_stranded(class_id, depot.blocks);
}

/* Slabs that have drained are of no use to slabs of another length. No more goes back than the
 * change left behind: what falls idle for other reasons comes and goes meanwhile, and would be
 * faulted in each time. */
static void purge_drained(void) {
    size_t left = HAK_RELAXED(draining.left_bytes);
    if (left > 0 && heap_free_hint(SPAN_DIRTY) > heap_used_hint() / DRAINED_SHARE) {
        left -= hak_min(left, heap_purge_to(0));
        __atomic_store_n(&draining.left_bytes, left, __ATOMIC_RELAXED);
    }
}

/* A block of the class that serves such a request without learning: one of the fullest slab, and
 * not one of a magazine, so that the sparse slabs drain. */
static void *pop_stranded(unsigned class_id, size_t request_bytes) {
    if (!HAK_RELAXED(draining.is_on)) {
        return NULL;
    }
    unsigned larger = class_for(class_pool(class_id), request_bytes);
    void *block = NULL;
    if (larger == HAK_CLASS_NONE || hak_classes[larger].least_resize > request_bytes ||
        !has_stranded(larger)) {
        return NULL;
    }
    cache_drop_retired(larger);
    depot_trim(larger, LEAST_ALL);
    purge_drained();
    if (slab_take(larger, &block, 1, SLAB_WARM_ONLY) > 0) {
        cache_note_flow(larger, -1);
        cache_sample(larger, request_bytes);
    }
    return block;
}

void *tier_try_learned(unsigned class_id, size_t request_bytes) {
    void *block;
    if (class_has_slabs(class_id)) {
        if ((block = cache_pop(class_id)) != NULL) {
            cache_sample(class_id, request_bytes);
            return block;
        }
        block = pop_stranded(class_id, request_bytes);
        return block != NULL ? block : tier_try(class_id, request_bytes);
    }
    block = large_try(class_id, request_bytes);
    if (block != NULL) {
        cache_sample(class_id, request_bytes);
    }
    return block;
}
