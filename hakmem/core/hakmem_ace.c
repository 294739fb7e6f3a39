/* hakmem_ace.c - see hakmem_ace.h. */
#include "hakmem_ace.h"

#include <errno.h>

#include "cache/thread_cache.h"
#include "hakmem_tiers.h"
#include "options/options.h"
#include "report/ace_failure.h"

/* Neighbouring classes of one pool; first == HAK_CLASS_NONE: none. */
typedef struct hak_class_run {
    unsigned first, last;
} hak_class_run_t;

static hak_class_run_t allowed_run(hak_pool_id_t pool, size_t bytes) {
    hak_class_run_t run = {class_for(pool, bytes), 0};
    uint32_t wmax = class_wmax(pool);
    if (run.first == HAK_CLASS_NONE ||
        !class_allows(bytes, hak_classes[run.first].block_bytes, wmax)) {
        return (hak_class_run_t){HAK_CLASS_NONE, HAK_CLASS_NONE};
    }
    run.last = run.first;
    while (run.last < hak_pools[pool].last &&
           class_allows(bytes, hak_classes[run.last + 1].block_bytes, wmax)) {
        run.last++;
    }
    return run;
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

static void *pop_at_hand(hak_class_run_t run, size_t bytes, size_t alignment) {
    for (unsigned id = run.first; id != HAK_CLASS_NONE && id <= run.last; id++) {
        void *block = class_is_aligned(id, alignment) ? cache_pop(id) : NULL;
        if (block != NULL) {
            depot_sample(id, bytes);
            return block;
        }
    }
    return NULL;
}

/* The smallest class comes first: a magazine of it, or a warm span, which is cut to it or, within
 * W_MAX, taken whole. Then the magazines of the larger classes. */
static void *large_at_hand(hak_class_run_t run, size_t bytes, size_t alignment, bool may_cut) {
    hak_class_run_t smallest = {run.first, run.first}, larger = {run.first + 1, run.last};
    void *block = pop_at_hand(smallest, bytes, alignment);
    if (block == NULL && may_cut) {
        block = large_reuse(run.first, bytes);
    }
    return block != NULL ? block : pop_at_hand(larger, bytes, alignment);
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
static HAK_NOINLINE void *grow(hak_class_run_t mid, hak_class_run_t large, size_t bytes,
                               size_t alignment) {
    hak_class_run_t run = mid.first != HAK_CLASS_NONE ? mid : large;
    unsigned id = run.first;
    while (id <= run.last && !class_is_aligned(id, alignment)) {
        id++;
    }
    if (id > run.last) { /* allowed, but none is aligned: pages are */
        return take_direct(bytes, run.first);
    }
    void *block = NULL;
    hak_pool_result_t result = class_pool(id) == POOL_MID ? tier_grow(id, bytes, &block)
                                                          : large_grow(id, bytes, 0, &block);
    if (result == POOL_SERVED) {
        depot_sample(id, bytes);
        return block;
    }
    if (result == POOL_EXHAUSTED) {
        return fail_direct(bytes, id);
    }
    errno = ENOMEM;
    return NULL;
}

void *ace_alloc(size_t bytes, size_t alignment) {
    hak_class_run_t mid = allowed_run(POOL_MID, bytes);
    hak_class_run_t large = allowed_run(POOL_LARGE, bytes);
    if (mid.first == HAK_CLASS_NONE && large.first == HAK_CLASS_NONE) {
        return fail_threshold(bytes);
    }
    void *block = pop_at_hand(mid, bytes, alignment);
    if (block == NULL && large.first != HAK_CLASS_NONE) {
        block = large_at_hand(large, bytes, alignment, mid.first == HAK_CLASS_NONE);
    }
    return block != NULL ? block : grow(mid, large, bytes, alignment);
}

void *ace_alloc_growing(size_t bytes, size_t roomy_bytes) {
    hak_class_run_t run = allowed_run(POOL_LARGE, roomy_bytes);
    void *block = NULL;
    if (bytes > LARGE_MAX_SIZE) {
        return exact_alloc(HAK_CLASS_BIG, HAK_CLASS_BIG, bytes, 0, bytes);
    }
    if (run.first == HAK_CLASS_NONE ||
        large_grow(run.first, bytes, roomy_bytes, &block) != POOL_SERVED) {
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
    depot_sample(id, bytes);
    return block;
}
#endif
