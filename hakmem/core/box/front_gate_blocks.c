/*
 * front_gate_blocks.c - see front_gate.h: what is made of malloc and free: zeroed, resized and
 * aligned blocks, and their usable size.
 */
#include <errno.h>
#include <string.h>

#include "../cache/upkeep.h"
#include "../hakmem_ace.h"
#include "../hakmem_tiers.h"
#include "../os/door.h"
#include "../os/fatal.h"
#include "beside.h"
#include "front_gate.h"
#include "front_gate_classifier.h"
#include "hardening.h"
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

static size_t usable_foreign(const void *block) {
    size_t bytes = block == NULL ? 0 : beside_usable(block);
    if (block == NULL || bytes != 0) {
        return bytes;
    }
    HAK_CHECK(bypass_owns_foreign(), "size of an invalid pointer", block);
    return bypass_usable((void *)(uintptr_t)block);
}

size_t gate_usable(const void *block) {
    unsigned class_id = classify_class(block);
    if (harden_is_on() && class_id != HAK_CLASS_NONE) {
        return harden_usable(block, class_id);
    }
    switch (class_id) {
    case HAK_CLASS_NONE:
        return usable_foreign(block);
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

/* The block, if it can serve the new size where it lies; NULL: it has to be copied. */
static void *resize_known(void *block, unsigned class_id, size_t bytes) {
    if (class_id < HAK_CLASS_LIMIT) {
        const hak_class_t *cls = &hak_classes[class_id];
        if (bytes >= cls->least_resize && bytes <= cls->block_bytes) {
            return block;
        }
        bool is_span = cls->slab_pages == 0 && bytes > MID_MAX_SIZE;
        return is_span && large_resize(block, bytes) ? block : NULL;
    }
    if (class_id != HAK_CLASS_BIG && class_id != HAK_CLASS_DIRECT) {
        hak_fatal("realloc of a pointer into the middle of a block", block);
    }
    size_t least = class_id == HAK_CLASS_BIG ? MID_MAX_SIZE : SMALLMID_MAX_SIZE;
    return bytes > least && exact_resize(block, bytes) ? block : NULL;
}

/* What is asked for in place of `bytes` when a block has outgrown its class: a quarter more than it
 * had, so that one which grows by small steps is not copied at each of them, as far as W_MAX
 * allows. */
static size_t with_headroom(size_t bytes, size_t outgrown_bytes) {
    size_t more = outgrown_bytes + outgrown_bytes / 4;
    unsigned class_id = more > bytes && more <= LARGE_MAX_SIZE ? gate_class_by_table(more) : 0;
    if (class_id == HAK_CLASS_NONE || hak_classes[class_id].least_resize > bytes) {
        return bytes;
    }
    return more;
}

/* Of a block that does not come from gate_malloc. */
static void *hand_out(void *block) {
    return harden_is_on() ? harden_hand_out(block) : block;
}

/* The room is no reason to fail, to report a failure, or to take what W_MAX forbids for `bytes`. */
static void *alloc_roomy(size_t bytes, size_t outgrown_bytes) {
    size_t wanted = with_headroom(bytes, outgrown_bytes);
    if (wanted > MID_MAX_SIZE && !bypass_takes(bytes)) {
        return hand_out(ace_alloc_growing(bytes, wanted));
    }
    unsigned class_id = wanted == bytes ? HAK_CLASS_NONE : gate_class_by_table(wanted);
    bool has_slabs = hak_classes[class_id].slab_pages != 0; /* lists of options may have gaps */
    void *block = has_slabs ? tier_try(class_id, bytes) : NULL;
    return block != NULL ? hand_out(block) : gate_malloc(bytes);
}

static void *move(void *block, size_t before, size_t bytes) {
    void *moved = bytes > before ? alloc_roomy(bytes, before) : gate_malloc(bytes);
    if (moved != NULL) {
        memcpy(moved, block, hak_min(bytes, before));
        gate_free(block);
    }
    return moved;
}

void *gate_resize(void *block, unsigned class_id, size_t bytes) {
    void *resized = resize_known(block, class_id, bytes);
    if (resized == NULL) {
        bool is_sized = class_id < HAK_CLASS_LIMIT;
        size_t before = is_sized ? hak_classes[class_id].block_bytes : exact_usable(block);
        resized = move(block, before, bytes);
    }
    return resized;
}

/* The block outside of the heap, or while the door is closed: by what malloc and free do. A block
 * of a class stays while that may serve the size, any other while its pages are as many. */
static void *resize_outside(void *block, unsigned class_id, size_t bytes) {
    size_t before = gate_usable(block);
    bool is_sized = class_id != HAK_CLASS_NONE && class_id < HAK_CLASS_LIMIT;
    size_t least = is_sized ? hak_classes[class_id].least_resize : before - HAK_PAGE_BYTES + 1;
    if (bytes <= before && bytes >= least && hak_options.harden < HARDEN_ALL) {
        return block;
    }
    void *moved = gate_malloc(bytes);
    if (moved != NULL) {
        memcpy(moved, block, hak_min(bytes, before));
        gate_free(block);
    }
    return moved;
}

static void *resize_any(void *block, unsigned class_id, size_t bytes) {
    if (class_id == HAK_CLASS_NONE || !door_enter()) {
        return resize_outside(block, class_id, bytes);
    }
    void *resized = harden_is_on() ? harden_realloc(block, class_id, bytes)
                                   : gate_resize(block, class_id, bytes);
    door_leave();
    return resized;
}

void *gate_realloc(void *block, size_t bytes) {
    if (block == NULL) {
        return gate_malloc(bytes);
    }
    size_t fast_class = window_class_fast((uintptr_t)block);
    const hak_class_t *fast = &hak_classes[fast_class];
    if (HAK_LIKELY(bytes - 1 < fast->block_bytes && bytes >= fast->least_resize)) {
        return block;
    }
    unsigned class_id = fast_class != HAK_CLASS_NONE ? (unsigned)fast_class : classify_class(block);
    if (class_id == HAK_CLASS_NONE && beside_usable(block) == 0) {
        HAK_CHECK(bypass_owns_foreign(), "realloc of an invalid pointer", block);
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
    void *resized = resize_any(block, class_id, bytes);
    if (resized != NULL) {
        errno = saved_errno;
    }
    return resized;
}

/* The smallest class of a pool whose blocks are all aligned so. */
static unsigned aligned_class(hak_pool_id_t pool, size_t alignment, size_t bytes) {
    unsigned id = class_for(pool, bytes);
    while (id != HAK_CLASS_NONE && !class_is_aligned(id, alignment)) {
        id = id < hak_pools[pool].last ? id + 1 : HAK_CLASS_NONE;
    }
    return id;
}

void *gate_take_aligned(size_t alignment, size_t bytes) {
    if (alignment > HAK_PAGE_BYTES || bytes > LARGE_MAX_SIZE) {
        unsigned kind = bytes > LARGE_MAX_SIZE ? HAK_CLASS_BIG : HAK_CLASS_DIRECT;
        return exact_alloc(kind, kind, bytes, alignment, 0);
    }
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

/* The class that a table names, or the next one whose blocks are aligned so, as far as W_MAX
 * allows; 0: the slow path has to look. */
static inline unsigned class_in_table(const uint8_t *fine, size_t alignment, size_t bytes) {
    if (alignment > HAK_PAGE_BYTES || bytes > GATE_FINE_MAX - HAK_PAGE_BYTES) {
        return HAK_CLASS_NONE;
    }
    size_t rounded = hak_round_up(bytes + (bytes == 0), alignment);
    unsigned id = fine[(rounded + HAK_ALIGNMENT - 1) / HAK_ALIGNMENT];
    while (id != HAK_CLASS_NONE && !class_is_aligned(id, alignment)) {
        id++;
    }
    bool is_free = hak_classes[id].pool <= POOL_SMALLMID;
    return is_free || hak_classes[id].least_resize <= bytes ? id : HAK_CLASS_NONE;
}

unsigned gate_aligned_class(size_t alignment, size_t bytes) {
    return class_in_table(gate_fine_rows, alignment, bytes);
}

static HAK_NOINLINE void *aligned_slow(size_t alignment, size_t bytes, unsigned class_id) {
    void *own = gate_pop_own(class_id, bytes, alignment);
    if (own != NULL) {
        return own;
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
    void *block;
    if (gate_enter(bytes, alignment, &block)) {
        block = harden_is_on() ? harden_alloc(bytes, alignment) : gate_take(bytes, alignment);
        door_leave();
    }
    errno = block != NULL ? saved_errno : ENOMEM;
    return block;
}

void *gate_aligned(size_t alignment, size_t bytes) {
    if (alignment <= HAK_ALIGNMENT) {
        return gate_malloc(bytes);
    }
    unsigned class_id = class_in_table(gate_fine_class, alignment, bytes);
    void **top = hak_tls.top[class_id];
    void *block = top[-1];
    if (HAK_UNLIKELY(block == NULL)) {
        return aligned_slow(alignment, bytes, class_id);
    }
    cache_step_top(class_id, -1);
    return block;
}
