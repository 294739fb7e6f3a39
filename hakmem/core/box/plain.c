/* plain.c - see plain.h. */
#include "plain.h"

#include "../cache/upkeep.h"
#include "../hakmem_l25_pool.h"
#include "../os/fatal.h"
#include "../slab/homes.h"
#include "class_table.h"
#include "learn.h"

/* A class by the table; else by asking the tiers in turn. */
static unsigned class_of_request(size_t bytes) {
    unsigned class_id = class_by_table(bytes);
    if (class_id == HAK_CLASS_NONE) {
        class_id = homes_front_of(class_for(POOL_TINY, bytes));
    }
    return class_id != HAK_CLASS_NONE ? class_id : class_for(POOL_SMALLMID, bytes);
}

static void *take_sized(size_t bytes) {
    unsigned class_id = class_of_request(bytes);
    if (HAK_UNLIKELY(class_is_learned(class_id))) {
        void *block = tier_try_learned(class_id, bytes);
        if (block != NULL) {
            return block;
        }
        class_id = class_for(POOL_SMALLMID, bytes);
    }
    switch (hak_classes[class_id].pool) {
    case POOL_TINY:
    case POOL_SMALLMID:
        return tier_alloc(class_id, bytes);
    case POOL_LARGE: { /* the table's class is the smallest that may serve */
        void *block =
            hak_large_waits[class_id] ? large_take_dirty(class_id, hak_pages_for(bytes)) : NULL;
        if (block == NULL) {
            return ace_alloc_large(class_id, bytes);
        }
        cache_sample(class_id, bytes);
        return block;
    }
    case POOL_MID: {
        /* If it has a block at hand, ACE would take just that one. */
        void *block = cache_pop(class_id);
        if (block != NULL) {
            cache_sample(class_id, bytes);
            return block;
        }
        break;
    }
    default:
        break;
    }
#if POOL_TLS_PHASE1
    if (bytes >= FRONT_LEAST && bytes <= FRONT_MOST && class_for(POOL_MID, bytes) != 0) {
        return ace_front_alloc(bytes);
    }
#endif
    return ace_alloc(bytes, HAK_ALIGNMENT);
}

/* The smallest class of a pool whose blocks are all aligned so. */
static unsigned aligned_class(hak_pool_id_t pool, size_t alignment, size_t bytes) {
    unsigned id = class_for(pool, bytes);
    while (id != HAK_CLASS_NONE && !class_is_aligned(id, alignment)) {
        id = id < hak_pools[pool].last ? id + 1 : HAK_CLASS_NONE;
    }
    return id;
}

static void *take_aligned(size_t bytes, size_t alignment) {
    if (alignment > HAK_PAGE_BYTES || bytes > LARGE_MAX_SIZE) {
        unsigned kind = bytes > LARGE_MAX_SIZE ? HAK_CLASS_BIG : HAK_CLASS_DIRECT;
        return exact_alloc(kind, kind, bytes, alignment, 0);
    }
    unsigned id = aligned_class(POOL_TINY, alignment, bytes);
    if (id == HAK_CLASS_NONE) {
        id = aligned_class(POOL_SMALLMID, alignment, bytes);
    }
    return id != HAK_CLASS_NONE ? tier_alloc(homes_front_of(id), bytes)
                                : ace_alloc(hak_max(bytes, alignment), alignment);
}

/* A frame of its own would lie below all upkeep. No class that learning may retire is in the
 * caller's hands. */
static inline __attribute__((always_inline)) void tick(void) {
    uint64_t now_ms = upkeep_tick();
    if (HAK_UNLIKELY(learn_is_due(now_ms))) {
        learn_look(now_ms);
    }
}

void *plain_take(size_t bytes, size_t alignment) {
    cache_attach();
    if (HAK_UNLIKELY(cache_is_shared())) {
        class_table_use_homes();
    }
    tick();
    hak_tls.fresh = false;
    if (alignment > HAK_ALIGNMENT) {
        return take_aligned(bytes, alignment);
    }
    return bytes > LARGE_MAX_SIZE ? exact_alloc(HAK_CLASS_BIG, HAK_CLASS_BIG, bytes, 0, 0)
                                  : take_sized(bytes);
}

/* Who asks for so much more takes room to grow itself, as most do that grow many small blocks. */
#define OWN_ROOM_SHARE 16

size_t plain_with_headroom(size_t bytes, size_t outgrown_bytes) {
    size_t more = outgrown_bytes + outgrown_bytes / 4;
    if (bytes <= SMALLMID_MAX_SIZE && bytes >= outgrown_bytes + outgrown_bytes / OWN_ROOM_SHARE) {
        return bytes;
    }
    unsigned class_id = more > bytes && more <= LARGE_MAX_SIZE ? class_by_table(more) : 0;
    if (class_id == HAK_CLASS_NONE || hak_classes[class_id].least_resize > bytes) {
        return bytes;
    }
    return more;
}

/* The room is no reason to fail, to report a failure, or to take what W_MAX forbids for `bytes`. */
bool plain_take_roomy(size_t bytes, size_t outgrown_bytes, void **block) {
    size_t wanted = plain_with_headroom(bytes, outgrown_bytes);
    if (wanted > MID_MAX_SIZE) {
        *block = ace_alloc_growing(bytes, wanted);
        return true;
    }
    unsigned class_id = wanted == bytes ? HAK_CLASS_NONE : class_by_table(wanted);
    *block = NULL;
    if (!class_has_slabs(class_id)) { /* lists of options may have gaps */
        return false;
    }
    if (class_pool(class_id) == POOL_MID) {
        *block = ace_growing_at_hand(class_id, bytes);
    }
    if (*block == NULL) {
        *block = tier_try(class_id, bytes);
    }
    return *block != NULL;
}

static void give(void *block, unsigned class_id) {
    switch (class_id) {
    case HAK_CLASS_BIG:
    case HAK_CLASS_DIRECT:
        exact_free(block);
        break;
    case HAK_CLASS_BIG_BODY:
    case HAK_CLASS_DIRECT_BODY:
    case HAK_CLASS_LARGE_BODY:
        hak_fatal("free of a pointer into the middle of a block", block);
    default:
        /* there is room for a block of a window that the fast path does not look at */
        if (!cache_put(class_id, block)) {
            cache_push_full(class_id, block);
        }
        break;
    }
}

void plain_give(void *block, unsigned class_id) {
    cache_attach();
    give(block, class_id);
    tick();
}

void plain_give_own(void *block, unsigned class_id) {
    if (!cache_put(class_id, block) && !cache_push_own(class_id, block)) {
        plain_give(block, class_id);
    }
}

bool plain_resize_span(void *block, unsigned class_id, size_t bytes) {
    if (class_id < HAK_CLASS_LIMIT) {
        return class_serves(class_id, bytes) ||
               (bytes > MID_MAX_SIZE && large_resize(block, bytes));
    }
    if (class_id != HAK_CLASS_BIG && class_id != HAK_CLASS_DIRECT) {
        hak_fatal("realloc of a pointer into the middle of a block", block);
    }
    size_t least = class_id == HAK_CLASS_BIG ? MID_MAX_SIZE : SMALLMID_MAX_SIZE;
    return bytes > least && exact_resize(block, bytes);
}

size_t plain_usable_span(const void *block, unsigned class_id) {
    if (class_id != HAK_CLASS_BIG && class_id != HAK_CLASS_DIRECT) {
        hak_fatal("size of a pointer into the middle of a block", block);
    }
    return exact_usable(block);
}
