/*
 * hakmem_ace.h - ACE, the Adaptive Cache Engine: which class of the mid and large pools serves a
 * request.
 *
 * The rule: a class may serve a request only if request <= class <= W_MAX * request, exactly (in
 * integers; W_MAX in millionths). ACE takes the smallest allowed class that has a block at hand,
 * and else grows the smallest allowed class. "At hand" is memory that was used before: in a
 * magazine of the thread, in the depot, a warm block of a slab, a warm span.
 *
 * What a request gets that cannot be served so: page-exact memory from the direct path after
 * Threshold and Exhaustion (NULL under HAKMEM_ACE_STRICT=1), NULL after MapFail. No failure is
 * silent: Threshold is reported here, Exhaustion and MapFail by the pool that met them.
 *
 * Learnt classes (HAKMEM_LEARN) come before all this: what the table of sizes sends to one is taken
 * of its own blocks or slabs (tier_try_learned), and only where there is no memory for that comes
 * here. ACE itself does not look at them. So what lies at hand in a class that is too large drains,
 * instead of being handed out for ever.
 *
 * Thread-safe; holds no lock itself.
 */
#ifndef HAK_ACE_H
#define HAK_ACE_H

#include "slab/size_class.h"

/* The least request that a class may serve, under its pool's bound; 1 where there is none. What the
 * classes' least_resize is set to. */
size_t ace_least_request(unsigned class_id);

/* Whether a class that holds the request may serve it. */
static inline bool ace_allows(unsigned class_id, size_t bytes) {
    return hak_classes[class_id].least_resize <= bytes; /* ace_least_request, of a bounded pool */
}

/* The class that ACE asks next; 0: none of the pool may serve. */
static inline unsigned ace_next(unsigned class_id, size_t bytes) {
    bool is_last =
        class_is_learned(class_id) || class_id >= hak_pools[hak_classes[class_id].pool].last;
    return !is_last && ace_allows(class_id + 1, bytes) ? class_id + 1 : HAK_CLASS_NONE;
}

/* A block for a request above the tiers that are not behind ACE and up to LARGE_MAX_SIZE, at a
 * multiple of `alignment` (a power of two up to the page). NULL and ENOMEM on failure. */
void *ace_alloc(size_t bytes, size_t alignment);

/* The same where `smallest`, a Large class, is known to be the smallest class of all that may serve
 * the request. */
void *ace_alloc_large(unsigned smallest, size_t bytes);

/* A block at hand in place of one that has outgrown its own: of class `roomy`, which may serve
 * `bytes`, else of a larger one, a warm span that holds it, or of a smaller one. What grows by
 * small steps leaves a block behind at each, which so serves the next that grows. NULL: there is
 * none. */
void *ace_growing_at_hand(unsigned roomy, size_t bytes);

/* As ace_alloc for a block above MID_MAX_SIZE that has outgrown its place and may go on growing.
 * `roomy_bytes`, `bytes` or more: what its class is chosen by first; it must be one that may serve
 * `bytes`. Where that is more, the block grows by small steps, and what is at hand comes first;
 * else it is put where there is room behind it, where that is to be had. */
void *ace_alloc_growing(size_t bytes, size_t roomy_bytes);

/* With POOL_TLS_PHASE1=1 (a build setting) the requests of FRONT_LEAST … FRONT_MOST bytes are
 * served from the thread's magazines, and these from the smallest mid class that holds them,
 * before ACE sees the request: no bound on waste, no Threshold. */
#ifndef POOL_TLS_PHASE1
#define POOL_TLS_PHASE1 0
#endif
#if POOL_TLS_PHASE1
#define FRONT_LEAST (8 * HAK_KIB)
#define FRONT_MOST  (52 * HAK_KIB)
void *ace_front_alloc(size_t bytes);
#endif

#endif
