/* quarantine.c - see quarantine.h. */
#include "quarantine.h"

#include "../os/door.h"
#include "../os/lock.h"
#include "../slab/size_class.h"
#include "../span/meta.h"
#include "canary.h"
#include "laid.h"

enum { RING_LEAST = 4, RING_MOST = 256, LOT_MOST = 16 };
#define RING_BYTES (128 * HAK_KIB)

typedef struct hak_waiting {
    uint32_t ring_blocks, ring_at; /* the oldest is at ring_at */
    uint32_t lot_blocks;
    uint32_t ring_size, lot_size;
    void *lot[LOT_MOST];
    void *ring[]; /* [ring_size] */
} hak_waiting_t;

HAK_APART static hak_lock_t locks[HAK_CLASS_COUNT];       /* of what the following leads to */
HAK_APART static hak_waiting_t *waiting[HAK_CLASS_COUNT]; /* NULL: none yet; atomic */

static size_t ring_size(unsigned class_id) {
    return hak_min(hak_max(RING_BYTES / hak_classes[class_id].block_bytes, RING_LEAST), RING_MOST);
}

static hak_waiting_t *make(unsigned class_id) {
    size_t size = ring_size(class_id);
    size_t bytes = sizeof(hak_waiting_t) + size * sizeof(void *);
    hak_waiting_t *made = meta_alloc(bytes), *other = NULL;
    if (made == NULL) {
        return NULL;
    }
    made->ring_size = (uint32_t)size;
    made->lot_size = (uint32_t)hak_min(size / 2, LOT_MOST);
    /* Release, and acquire below: what was just written is seen. */
    if (!__atomic_compare_exchange_n(&waiting[class_id], &other, made, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        meta_free(made, bytes);
        return other;
    }
    return made;
}

/* What waits of a class, with its lock taken; NULL: no record, no lock. */
static hak_waiting_t *open_class(unsigned class_id, bool may_make) {
    hak_waiting_t *of = __atomic_load_n(&waiting[class_id], __ATOMIC_ACQUIRE);
    if (of == NULL && may_make) {
        of = make(class_id);
    }
    if (of != NULL) {
        lock_acquire(&locks[class_id], LOCK_RANK_HARDEN);
    }
    return of;
}

static void close_class(unsigned class_id) {
    lock_release(&locks[class_id], LOCK_RANK_HARDEN);
}

/* Exchanges a block, or NULL for none, for one that waits of its class. The block itself where
 * there is no record. */
static void *exchange(unsigned class_id, void *block, void *(*with)(hak_waiting_t *of, void *in)) {
    hak_waiting_t *of = open_class(class_id, block != NULL);
    if (of == NULL) {
        return block;
    }
    void *out = with(of, block);
    close_class(class_id);
    return out;
}

static void *take_oldest(hak_waiting_t *of, void *none) {
    if (of->ring_blocks == 0) {
        return none;
    }
    void *oldest = of->ring[of->ring_at];
    of->ring_at = (of->ring_at + 1) % of->ring_size;
    of->ring_blocks--;
    return oldest;
}

static void *put_newest(hak_waiting_t *of, void *block) {
    void *oldest = of->ring_blocks == of->ring_size ? take_oldest(of, NULL) : NULL;
    of->ring[(of->ring_at + of->ring_blocks) % of->ring_size] = block;
    of->ring_blocks++;
    return oldest;
}

static void *draw_last(hak_waiting_t *of, void *none) {
    return of->lot_blocks > 0 ? of->lot[--of->lot_blocks] : none;
}

static void *draw(hak_waiting_t *of, void *block) {
    if (of->lot_blocks < of->lot_size) {
        of->lot[of->lot_blocks++] = block;
        return NULL;
    }
    size_t at = canary_random() % of->lot_size;
    void *drawn = of->lot[at];
    of->lot[at] = block;
    return drawn;
}

void *quarantine_put(unsigned class_id, void *block) {
    return exchange(class_id, block, put_newest);
}

void *quarantine_take(unsigned class_id) {
    return exchange(class_id, NULL, take_oldest);
}

void *quarantine_draw(unsigned class_id, void *block) {
    return exchange(class_id, block, draw);
}

void *quarantine_draw_last(unsigned class_id) {
    return exchange(class_id, NULL, draw_last);
}

size_t quarantine_count(unsigned class_id) {
    size_t count = 0;
    door_enter_late();
    hak_waiting_t *of = open_class(class_id, false);
    if (of != NULL) {
        count = of->ring_blocks + of->lot_blocks;
        close_class(class_id);
    }
    door_leave();
    return count;
}

static const void *find_written(const hak_waiting_t *of, unsigned class_id) {
    for (uint32_t i = 0; i < of->ring_blocks; i++) {
        const void *block = of->ring[(of->ring_at + i) % of->ring_size];
        if (!laid_is_clear(block, class_id)) {
            return block;
        }
    }
    for (uint32_t i = 0; i < of->lot_blocks; i++) {
        if (!laid_is_clear(of->lot[i], class_id)) {
            return of->lot[i];
        }
    }
    return NULL;
}

const void *quarantine_find_written(void) {
    for (unsigned id = HAK_CLASS_FIRST; id < HAK_CLASS_LIMIT; id++) {
        hak_waiting_t *of = __atomic_load_n(&waiting[id], __ATOMIC_ACQUIRE);
        const void *written = of == NULL ? NULL : find_written(of, id);
        if (written != NULL) {
            return written;
        }
    }
    return NULL;
}
