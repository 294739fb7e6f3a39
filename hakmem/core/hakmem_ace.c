/* hakmem_ace.c - see hakmem_ace.h. */
#include "hakmem_ace.h"

#include <errno.h>

#include "cache/thread_cache.h"
#include "hakmem_tiers.h"
#include "options/options.h"
#include "report/ace_failure.h"

/* The smallest class of the pool that may serve; 0: none. */
static unsigned smallest_allowed(hak_pool_id_t pool, size_t bytes) {
    unsigned id = class_for(pool, bytes);
    return id != HAK_CLASS_NONE && ace_allows(id, bytes) ? id : HAK_CLASS_NONE;
}

size_t ace_least_request(unsigned class_id) {
    uint32_t wmax = class_wmax(class_pool(class_id));
    uint64_t class_bytes = hak_classes[class_id].block_bytes;
    return wmax == 0 ? 1 : (size_t)((class_bytes * HAK_RATIO_ONE + wmax - 1) / wmax);
}

/* The smallest class that holds the request, allowed or not. */
static unsigned holding_class(size_t bytes) {
    unsigned mid = class_for(POOL_MID, bytes);
    unsigned large = mid != HAK_CLASS_NONE ? mid : class_for(POOL_LARGE, bytes);
    return large != HAK_CLASS_NONE ? large : HAK_CLASS_BIG;
}

static void *pop_at_hand(unsigned first, size_t bytes, size_t alignment) {
    for (unsigned id = first; id != HAK_CLASS_NONE; id = ace_next(id, bytes)) {
        void *block = class_is_aligned(id, alignment) ? cache_pop(id) : NULL;
        if (block != NULL) {
            cache_sample(id, bytes);
            return block;
        }
    }
    return NULL;
}

/* The smallest class comes first: a magazine of it, or a warm span, which is cut to it or, within
 * W_MAX, taken whole. Then the magazines of the larger classes. */
static void *large_at_hand(unsigned smallest, size_t bytes, size_t alignment, bool may_cut) {
    void *block = class_is_aligned(smallest, alignment) ? cache_pop(smallest) : NULL;
    if (block != NULL) {
        cache_sample(smallest, bytes);
    } else if (may_cut && (block = large_reuse(smallest, bytes)) != NULL) {
        cache_sample(smallest, bytes);
    }
    return block != NULL ? block : pop_at_hand(ace_next(smallest, bytes), bytes, alignment);
}

static void *take_direct(size_t bytes, unsigned failure_class) {
    return exact_alloc(HAK_CLASS_DIRECT, failure_class, bytes, 0, 0);
}

static void *fail_direct(size_t bytes, unsigned failure_class) {
    if (hak_options.ace_strict != 0) {
        errno = ENOMEM;
        return NULL;
    }
    return take_direct(bytes, failure_class);
}

static void *fail_threshold(size_t bytes) {
    unsigned holding = holding_class(bytes);
    ace_failure_report(
        &(hak_ace_failure_t){.reason = ACE_THRESHOLD, .request_bytes = bytes, .class_id = holding});
    return fail_direct(bytes, holding);
}

/* Not inlined: the frame of ace_alloc is then gone. */
static HAK_NOINLINE void *grow(unsigned smallest, size_t bytes, size_t alignment) {
    unsigned id = smallest;
    while (id != HAK_CLASS_NONE && !class_is_aligned(id, alignment)) {
        id = ace_next(id, bytes);
    }
    if (id == HAK_CLASS_NONE) { /* allowed, but none is aligned: pages are */
        return take_direct(bytes, smallest);
    }
    void *block = NULL;
    hak_pool_result_t result = class_pool(id) == POOL_MID ? tier_grow(id, bytes, &block)
                                                          : large_grow(id, bytes, 0, &block);
    if (result == POOL_SERVED) {
        cache_sample(id, bytes);
        return block;
    }
    if (result == POOL_EXHAUSTED) {
        return fail_direct(bytes, id);
    }
    errno = ENOMEM;
    return NULL;
}

void *ace_alloc(size_t bytes, size_t alignment) {
    unsigned mid = smallest_allowed(POOL_MID, bytes), large = smallest_allowed(POOL_LARGE, bytes);
    if (mid == HAK_CLASS_NONE && large == HAK_CLASS_NONE) {
        return fail_threshold(bytes);
    }
    void *block = pop_at_hand(mid, bytes, alignment);
    if (block == NULL && large != HAK_CLASS_NONE) {
        block = large_at_hand(large, bytes, alignment, mid == HAK_CLASS_NONE);
    }
    return block != NULL ? block : grow(mid != HAK_CLASS_NONE ? mid : large, bytes, alignment);
}

void *ace_alloc_large(unsigned smallest, size_t bytes) {
    void *block = large_at_hand(smallest, bytes, HAK_ALIGNMENT, true);
    return block != NULL ? block : grow(smallest, bytes, HAK_ALIGNMENT);
}

void *ace_growing_at_hand(unsigned roomy, size_t bytes) {
    if (class_is_learned(roomy)) {
        return NULL;
    }
    void *block = pop_at_hand(roomy, bytes, HAK_ALIGNMENT);
    if (block == NULL && !class_has_slabs(roomy)) {
        block = large_reuse(roomy, bytes);
    }
    unsigned smallest = smallest_allowed(class_pool(roomy), bytes);
    return block != NULL ? block : pop_at_hand(smallest, bytes, HAK_ALIGNMENT);
}

void *ace_alloc_growing(size_t bytes, size_t roomy_bytes) {
    unsigned roomy = smallest_allowed(POOL_LARGE, roomy_bytes);
    void *block = NULL;
    if (bytes > LARGE_MAX_SIZE) {
        return exact_alloc(HAK_CLASS_BIG, HAK_CLASS_BIG, bytes, 0, bytes);
    }
    bool by_small_steps = roomy != HAK_CLASS_NONE && roomy_bytes > bytes;
    if (by_small_steps && (block = ace_growing_at_hand(roomy, bytes)) != NULL) {
        return block;
    }
    if (roomy == HAK_CLASS_NONE || large_grow(roomy, bytes, roomy_bytes, &block) != POOL_SERVED) {
        return ace_alloc(bytes, HAK_ALIGNMENT); /* which says why, and has other ways */
    }
    return block;
}

#if POOL_TLS_PHASE1
void *ace_front_alloc(size_t bytes) {
    unsigned id = class_for(POOL_MID, bytes);
    void *block = cache_pop(id);
    if (block == NULL) {
        hak_pool_result_t result = tier_grow(id, bytes, &block);
        if (result != POOL_SERVED) {
            return result == POOL_EXHAUSTED ? fail_direct(bytes, id) : NULL;
        }
    }
    cache_sample(id, bytes);
    return block;
}
#endif
