/*
 * front_gate_blocks.c - see front_gate.h: what is made of malloc and free: zeroed, resized and
 * aligned blocks, and their usable size.
 */
#include <errno.h>
#include <string.h>

#include "../box/beside.h"
#include "../box/front_gate_classifier.h"
#include "../box/libc_bypass.h"
#include "../box/plain.h"
#include "../harden/harden.h"
#include "../os/door.h"
#include "../os/fatal.h"
#include "../os/os.h"
#include "front_gate.h"

/* From here on calloc clears used memory by giving it back: most programs that ask for so much zero
 * write little of it at first (a table, an arena), and glibc maps such a block each time. */
#define CLEAR_BY_PURGE_BYTES (32 * HAK_MIB)

static void clear(void *block, size_t bytes) {
    char *start = block, *end = start + bytes;
    char *whole = (char *)os_page_up((uintptr_t)start);
    char *whole_end = (char *)os_page_down((uintptr_t)end);
    if (bytes < CLEAR_BY_PURGE_BYTES || os_purge(whole, (size_t)(whole_end - whole)) != 0) {
        memset(block, 0, bytes);
        return;
    }
    memset(start, 0, (size_t)(whole - start));
    memset(whole_end, 0, (size_t)(end - whole_end));
}

void *gate_calloc(size_t count, size_t bytes) {
    size_t total = hak_array_bytes(count, bytes);
    if (bypass_takes(total)) {
        return bypass_calloc(total);
    }
    hak_tls.fresh = false; /* the fast path does not set it */
    void *block = gate_malloc(total);
    if (block != NULL && !hak_tls.fresh) {
        clear(block, total);
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
    if (class_id == HAK_CLASS_NONE) {
        return usable_foreign(block);
    }
    return harden_is_on() ? harden_usable(block, class_id) : plain_usable(block, class_id);
}

/* A block with room to grow in place of one of `before` bytes. */
static void *take_roomy(size_t bytes, size_t before) {
    void *block;
    if (bypass_takes(bytes) || !plain_take_roomy(bytes, before, &block)) {
        return gate_malloc(bytes);
    }
    return harden_is_on() ? harden_hand_out(block) : block;
}

/* What the first `kept` bytes of the block were moved to, for which it is freed; NULL: it is not.
 */
static inline void *move_to(void *moved, void *block, size_t kept) {
    if (moved != NULL) {
        memcpy(moved, block, kept);
        gate_free(block);
    }
    return moved;
}

static void *resize(void *block, unsigned class_id, size_t bytes) {
    if (plain_resize(block, class_id, bytes)) {
        return block;
    }
    size_t before = plain_usable(block, class_id);
    return move_to(bytes > before ? take_roomy(bytes, before) : gate_malloc(bytes), block,
                   hak_min(bytes, before));
}

/* Level 1 of hardening. */
static void *resize_flagged(void *block, unsigned class_id, size_t bytes) {
    harden_check_live(block, class_id);
    void *resized = resize(block, class_id, bytes);
    if (resized == block) {
        harden_set_class(block);
    }
    return resized;
}

static void *resize_careful(void *block, unsigned class_id, size_t bytes) {
    size_t before;
    if (harden_resize(block, class_id, bytes, &before)) {
        return block;
    }
    void *moved = harden_alloc_growing(bytes, before);
    if (moved == NULL) {
        errno = ENOMEM;
    }
    return move_to(moved, block, hak_min(bytes, before));
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
    return move_to(gate_malloc(bytes), block, hak_min(bytes, before));
}

static void *resize_any(void *block, unsigned class_id, size_t bytes) {
    if (class_id == HAK_CLASS_NONE || !door_enter()) {
        return resize_outside(block, class_id, bytes);
    }
    void *resized = !harden_is_on()                    ? resize(block, class_id, bytes)
                    : hak_options.harden >= HARDEN_ALL ? resize_careful(block, class_id, bytes)
                                                       : resize_flagged(block, class_id, bytes);
    gate_leave_taking();
    return resized;
}

/* A block of a slab moves to what malloc would find at once, in the thread's loaded magazine, with
 * no door. NULL: there is none, and it stays where it is. (Without hardening, with which no block
 * has a fast class.) */
static void *move_at_once(void *block, const hak_class_t *class, size_t bytes) {
    size_t before = class->block_bytes;
    size_t wanted = bytes > before ? plain_with_headroom(bytes, before) : bytes;
    if (wanted - 1 >= CLASS_TABLE_FINE_MAX || bypass_takes(bytes)) { /* also 0 */
        return NULL;
    }
    void *moved = cache_take(HAK_RELAXED(class_table_fine[class_table_fine_row(wanted)]));
    return move_to(moved, block, hak_min(bytes, before));
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
    if (class_has_slabs((unsigned)fast_class)) {
        void *moved = move_at_once(block, fast, bytes);
        if (HAK_LIKELY(moved != NULL)) {
            return moved;
        }
    } else if (plain_stays(block, (unsigned)fast_class, bytes)) {
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

static HAK_NOINLINE void *aligned_slow(size_t alignment, size_t bytes, unsigned class_id) {
    void *own = plain_take_own(class_id, bytes, alignment);
    return own != NULL ? own : gate_malloc_past(bytes, alignment);
}

void *gate_aligned(size_t alignment, size_t bytes) {
    if (alignment <= HAK_ALIGNMENT) {
        return gate_malloc(bytes);
    }
    unsigned class_id = class_by_table_aligned(class_table_fine, alignment, bytes);
    void *block = cache_take(class_id);
    return HAK_LIKELY(block != NULL) ? block : aligned_slow(alignment, bytes, class_id);
}
