/*
 * front_gate_blocks.c - see front_gate.h: what is made of malloc and free: zeroed, resized and
 * aligned blocks, and their usable size.
 */
#include <errno.h>
#include <string.h>

#include "../cache/upkeep.h"
#include "../hakmem_ace.h"
#include "../hakmem_tiers.h"
#include "../os/fatal.h"
#include "front_gate.h"
#include "front_gate_classifier.h"
#include "libc_bypass.h"

void *gate_calloc(size_t count, size_t bytes) {
    size_t total;
    if (__builtin_mul_overflow(count, bytes, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    if (bypass_takes(total)) {
        return bypass_calloc(total);
    }
    hak_tls.fresh = false; /* the fast path does not set it */
    void *block = gate_malloc(total);
    if (block != NULL && !hak_tls.fresh) {
        memset(block, 0, total);
    }
    return block;
}

size_t gate_usable(const void *block) {
    unsigned class_id = classify_class(block);
    switch (class_id) {
    case HAK_CLASS_NONE:
        HAK_CHECK(block == NULL || bypass_owns_foreign(), "size of a pointer that is nobody's",
                  block);
        return block == NULL ? 0 : bypass_usable((void *)(uintptr_t)block);
    case HAK_CLASS_BIG:
    case HAK_CLASS_DIRECT:
        return exact_usable(block);
    case HAK_CLASS_BIG_BODY:
    case HAK_CLASS_DIRECT_BODY:
    case HAK_CLASS_LARGE_BODY:
        hak_fatal("size of a pointer into the middle of a block", block);
    default:
        return hak_classes[class_id].block_bytes;
    }
}

/* Whether a block of the class may go on serving a request of another size. */
static bool still_serves(unsigned class_id, size_t bytes) {
    size_t class_bytes = hak_classes[class_id].block_bytes;
    uint32_t wmax = class_wmax(class_pool(class_id));
    if (wmax != 0) {
        return ace_allows(bytes, class_bytes, wmax);
    }
    return bytes <= class_bytes &&
           (bytes >= class_bytes / 2 || class_for(class_pool(class_id), bytes) == class_id);
}

/* The block, if it can serve the new size where it lies; NULL: it has to be copied. */
static void *resize_known(void *block, unsigned class_id, size_t bytes) {
    if (class_id < HAK_CLASS_LIMIT) {
        return still_serves(class_id, bytes) ? block : NULL;
    }
    if (class_id != HAK_CLASS_BIG && class_id != HAK_CLASS_DIRECT) {
        hak_fatal("realloc of a pointer into the middle of a block", block);
    }
    size_t least = class_id == HAK_CLASS_BIG ? MID_MAX_SIZE : SMALLMID_MAX_SIZE;
    return bytes > least && exact_resize(block, bytes) ? block : NULL;
}

void *gate_realloc(void *block, size_t bytes) {
    if (block == NULL) {
        return gate_malloc(bytes);
    }
    unsigned class_id = classify_class(block);
    if (class_id == HAK_CLASS_NONE) {
        HAK_CHECK(bypass_owns_foreign(), "realloc of a pointer that is nobody's", block);
        return bypass_realloc(block, bytes);
    }
    if (bytes == 0) { /* as glibc */
        gate_free(block);
        return NULL;
    }
    if (bytes > HAK_MAX_REQUEST) {
        errno = ENOMEM;
        return NULL;
    }
    int saved_errno = errno;
    void *resized = resize_known(block, class_id, bytes);
    if (resized == NULL) {
        resized = gate_malloc(bytes);
        if (resized == NULL) {
            return NULL;
        }
        memcpy(resized, block, hak_min(bytes, gate_usable(block)));
        gate_free(block);
    }
    errno = saved_errno;
    return resized;
}

/* The smallest class of a pool whose blocks are all aligned so; slabs start on a page. */
static unsigned aligned_class(hak_pool_id_t pool, size_t alignment, size_t bytes) {
    unsigned id = class_for(pool, bytes);
    while (id != HAK_CLASS_NONE && hak_classes[id].block_bytes % alignment != 0) {
        id = id < hak_pools[pool].last ? id + 1 : HAK_CLASS_NONE;
    }
    return id;
}

static void *aligned_within_page(size_t alignment, size_t bytes) {
    unsigned id = aligned_class(POOL_TINY, alignment, bytes);
    if (id != HAK_CLASS_NONE) {
        return tier_alloc(id, bytes);
    }
    id = aligned_class(POOL_SMALLMID, alignment, bytes);
    if (id != HAK_CLASS_NONE) {
        return tier_alloc(id, bytes);
    }
    return ace_alloc(hak_max(bytes, alignment), alignment);
}

void *gate_aligned(size_t alignment, size_t bytes) {
    if (alignment <= HAK_ALIGNMENT) {
        return gate_malloc(bytes);
    }
    if (bytes > HAK_MAX_REQUEST || alignment > HAK_MAX_REQUEST / 2) {
        errno = ENOMEM;
        return NULL;
    }
    int saved_errno = errno;
    gate_start();
    if (bypass_takes(bytes)) {
        return bypass_alloc(bytes, alignment);
    }
    cache_attach();
    upkeep_tick();
    void *block;
    if (alignment <= HAK_PAGE_BYTES && bytes <= LARGE_MAX_SIZE) {
        block = aligned_within_page(alignment, bytes);
    } else {
        unsigned kind = bytes > LARGE_MAX_SIZE ? HAK_CLASS_BIG : HAK_CLASS_DIRECT;
        block = exact_alloc(kind, kind, bytes, alignment);
    }
    errno = block != NULL ? saved_errno : ENOMEM;
    return block;
}
