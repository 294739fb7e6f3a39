/* laid.c - see laid.h. */
#include "laid.h"

#include <string.h>

#include "../hakmem_tiers.h"
#include "../slab/slab.h"
#include "canary.h"

static bool is_closed(unsigned class_id) {
    return hak_classes[class_id].is_closed;
}

size_t laid_capacity(const void *block, unsigned class_id) {
    return class_id < HAK_CLASS_LIMIT ? hak_classes[class_id].block_bytes : exact_usable(block);
}

/* The block in front, in the same slab; NULL: there is none. Before the first one lies a guard. */
static void *front_of(const void *block, unsigned class_id) {
    const hak_span_t *slab = class_has_slabs(class_id) ? span_of(block) : NULL;
    bool is_first = slab == NULL || slab_start(slab) == (uintptr_t)block;
    return is_first ? NULL : (void *)((uintptr_t)block - hak_classes[class_id].block_bytes);
}

/* The wall in front may have been purged, where the block begins on a page. */
static bool front_holds(const void *block, unsigned class_id) {
    const void *front = front_of(block, class_id);
    size_t capacity = hak_classes[class_id].block_bytes;
    return front == NULL || wall_holds(front, capacity) ||
           (wall_read(front, capacity) == 0 && os_page_down((uintptr_t)block) == (uintptr_t)block &&
            hak_classes[class_id].purges_blocks);
}

bool laid_is_clear(const void *block, unsigned class_id) {
    return is_closed(class_id) || is_zero(block, laid_capacity(block, class_id) - WALL_BYTES);
}

void laid_clear(void *block, unsigned class_id) {
    if (!is_closed(class_id)) {
        memset(block, 0, laid_capacity(block, class_id) - WALL_BYTES);
    }
}

bool laid_prepare(void *block, unsigned class_id, size_t request_bytes) {
    size_t capacity = laid_capacity(block, class_id);
    if (is_closed(class_id)) {
        return true;
    }
    if (!class_has_slabs(class_id)) {
        memset(block, 0, capacity);
    } else if (!laid_is_clear(block, class_id)) {
        return false;
    }
    void *front = front_of(block, class_id);
    if (front != NULL) {
        wall_lay(front, capacity);
    }
    canary_lay(block, request_bytes, capacity);
    return true;
}

/* Where it is half of the block, or more. What the block gains reads as zero. */
bool laid_resize(void *block, unsigned class_id, size_t before, size_t request_bytes) {
    size_t capacity = laid_capacity(block, class_id), needed = request_bytes + CANARY_ROOM;
    if (is_closed(class_id) || needed > capacity || needed < capacity / 2) {
        return false;
    }
    size_t kept = hak_min(before, request_bytes);
    memset((char *)block + kept, 0, capacity - WALL_BYTES - kept);
    canary_lay(block, request_bytes, capacity);
    return true;
}

const char *laid_damage(const void *block, unsigned class_id, size_t *request_bytes) {
    *request_bytes = 0;
    if (is_closed(class_id)) {
        return NULL;
    }
    *request_bytes = canary_check(block, laid_capacity(block, class_id));
    if (*request_bytes == SIZE_MAX) {
        return "write past the end of a block";
    }
    return front_holds(block, class_id) ? NULL : "write before the beginning of a block";
}
