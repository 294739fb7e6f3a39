/*
 * hakmem_tier_common.c - what the tiers that have slabs share: a block, by growing if need be; and
 * what those share whose blocks are spans: how long these are.
 *
 * A pool at its cap is asked to take back what is cached first: Exhaustion means that it is empty.
 * When the OS refuses, everything cached is given back and the request is tried once more: the
 * pages freed by that may serve it. One request that was refused is one MapFail, however the
 * second try ends. At HAKMEM_LIMIT nothing is refused before everything cached went back.
 */
#include "cache/upkeep.h"
#include "hakmem_tiers.h"
#include "options/options.h"
#include "report/ace_failure.h"

hak_pool_result_t tier_grow(unsigned class_id, size_t request_bytes, void **block) {
    hak_map_failure_t failure;
    bool refused = false, at_cap = false, at_limit = false;
    while ((*block = cache_refill(class_id)) == NULL) {
        switch (slab_grow(cache_source(class_id), &failure)) {
        case GROW_DONE:
            break; /* and if other threads take its blocks first, another one */
        case GROW_EXHAUSTED:
            if (at_cap) {
                ace_failure_exhausted(homes_base_of(class_id), request_bytes,
                                      pool_used(class_pool(class_id)),
                                      hak_pools[class_pool(class_id)].cap_bytes);
                return POOL_EXHAUSTED;
            }
            at_cap = true; /* perhaps only by what is cached of other classes */
            upkeep_return();
            break;
        case GROW_REFUSED:
            if (refused) {
                return POOL_REFUSED;
            }
            if (failure.at_limit && !at_limit) {
                at_limit = true; /* perhaps only by what is cached */
                upkeep_reclaim(0);
                break;
            }
            refused = true;
            ace_failure_refused(homes_base_of(class_id), request_bytes, &failure);
            upkeep_reclaim(0);
            break;
        }
    }
    return POOL_SERVED;
}

void *tier_alloc(unsigned class_id, size_t request_bytes) {
    void *block = cache_pop(class_id);
    if (block == NULL && tier_grow(class_id, request_bytes, &block) != POOL_SERVED) {
        return NULL;
    }
    cache_sample(class_id, request_bytes);
    return block;
}

void *tier_try(unsigned class_id, size_t request_bytes) {
    hak_map_failure_t failure;
    void *block = cache_pop(class_id);
    if (block == NULL) {
        block = cache_refill(class_id);
    }
    if (block == NULL && slab_grow(cache_source(class_id), &failure) == GROW_DONE) {
        block = cache_refill(class_id);
    }
    if (block != NULL) {
        cache_sample(class_id, request_bytes);
    }
    return block;
}

enum { TIER_MOST_LISTED = 64 };
/* Beyond this the pages that are not needed come to megabytes a block. */
#define FIT_MOST_BYTES (8 * HAK_MIB)

/* The longest of eight lengths per doubling that is no longer than this. */
static size_t step_down(size_t pages) {
    unsigned top = 63 - (unsigned)__builtin_clzl(pages | 1);
    return top < 3 ? pages : pages >> (top - 3) << (top - 3);
}

/* Bytes that W_MAX allows beyond a block. */
static uint64_t allowed_waste(size_t bytes) {
    return (uint64_t)bytes * (class_wmax(POOL_LARGE) - HAK_RATIO_ONE) / HAK_RATIO_ONE;
}

size_t span_cut_pages(size_t bytes, size_t least_pages) {
    if (bytes > FIT_MOST_BYTES) {
        return least_pages;
    }
    size_t most = (bytes + allowed_waste(bytes) * 2 / 3) >> HAK_PAGE_SHIFT;
    return hak_max(step_down(most) & ~(span_unit_pages() - 1), least_pages);
}

size_t span_whole_pages(size_t bytes, size_t least_pages) {
    if (bytes > FIT_MOST_BYTES) {
        return least_pages;
    }
    return hak_max(step_down((bytes + allowed_waste(bytes)) >> HAK_PAGE_SHIFT), least_pages);
}

bool tier_add_listed(const char *name, const char *list, size_t unit, size_t least, size_t most,
                     void (*add)(uint32_t block_bytes)) {
    uint32_t sizes[TIER_MOST_LISTED];
    unsigned count = 0;
    if (list != NULL) {
        count = options_sizes(name, list, unit, least, most, sizes, TIER_MOST_LISTED);
    }
    for (unsigned i = 0; i < count; i++) {
        add(sizes[i]);
    }
    return count > 0;
}
