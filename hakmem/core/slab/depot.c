/*
 * depot.c - see slab.h: magazines that change hands whole, so that a batch of blocks moves between
 * threads in O(1).
 *
 * How many full magazines a class keeps is bounded; and what was not needed since the last trim
 * (the least that was there: the working-set rule of Bonwick & Adams) goes back to the slabs.
 *
 * A program that frees many blocks and soon takes as many again would have them go through the
 * bitmaps each time, at some forty instructions a block. So what returned to the slabs for want of
 * room, and was taken from them again within an interval, is kept from then on: the depot learns
 * how much swings. What is not needed for an interval is no longer kept.
 */
#include "slab.h"

#include "../os/door.h"
#include "../os/fatal.h"
#include "../span/deferred.h"
#include "../span/meta.h"
#include "slab_locked.h"

/* Of the blocks in the hands of the program and of threads so many more may be in full magazines;
 * and a magazine more. A class that the program leaves keeps ever less. */
#define DEPOT_SHARE 8

static_assert(MAGAZINE_BYTES % META_WIDE_BYTES == 0, "meta_alloc aligns a magazine");
void *hak_void_magazine[MAGAZINE_SLOTS] HAK_ALIGNED(MAGAZINE_BYTES);

static hak_magazine_t *pop(hak_magazine_t **list) {
    hak_magazine_t *magazine = *list;
    if (magazine != NULL) {
        *list = magazine->next;
    }
    return magazine;
}

static void push(hak_magazine_t **list, hak_magazine_t *magazine) {
    magazine->next = *list;
    *list = magazine;
}

static void count_full(hak_depot_t *depot, uint32_t more) {
    __atomic_store_n(&depot->full_blocks, depot->full_blocks + more, __ATOMIC_RELAXED);
}

static void set_full_count(hak_depot_t *depot, uint32_t count) {
    __atomic_store_n(&depot->full_count, count, __ATOMIC_RELAXED); /* read as a hint */
    least_note(&depot->full_least, count);
}

static void empty_into_slabs(unsigned class_id, hak_magazine_t *magazine) {
    slab_give_locked(class_id, magazine_slot(magazine, magazine->bottom), magazine->count);
    magazine->count = 0;
}

hak_magazine_t *depot_take_full(unsigned class_id, hak_magazine_t *empty) {
    hak_depot_t *depot = &hak_depots[class_id];
    lock_acquire(&depot->lock, LOCK_RANK_CLASS);
    hak_magazine_t *full = pop(&depot->full);
    if (full != NULL) {
        set_full_count(depot, depot->full_count - 1);
        count_full(depot, -(uint32_t)full->count);
        if (empty != NULL) {
            push(&depot->empty, empty);
        }
    }
    lock_release(&depot->lock, LOCK_RANK_CLASS);
    return full;
}

/* Keeps a full magazine if there is room; else empties it into the slabs and returns it. */
static hak_magazine_t *keep_or_empty(unsigned class_id, hak_magazine_t *full) {
    hak_depot_t *depot = &hak_depots[class_id];
    const hak_class_t *cls = &hak_classes[class_id];
    size_t idle = depot->free_blocks + depot->full_blocks;
    size_t live = depot->blocks - hak_min(idle, depot->blocks);
    size_t few = hak_min(cls->depot_few, depot->blocks / 2);
    size_t usual = hak_min(cls->depot_blocks, hak_max(few, live / DEPOT_SHARE));
    if (depot->full_blocks <= hak_max(usual, depot->kept_blocks)) {
        push(&depot->full, full);
        set_full_count(depot, depot->full_count + 1);
        count_full(depot, full->count);
        return NULL;
    }
    depot->returned_blocks += full->count;
    empty_into_slabs(class_id, full);
    return full;
}

hak_magazine_t *depot_take_empty(unsigned class_id, hak_magazine_t *full) {
    hak_depot_t *depot = &hak_depots[class_id];
    lock_acquire(&depot->lock, LOCK_RANK_CLASS);
    depot_note_use(class_id);
    hak_magazine_t *empty = full == NULL ? NULL : keep_or_empty(class_id, full);
    if (empty == NULL) {
        empty = pop(&depot->empty);
    }
    lock_release(&depot->lock, LOCK_RANK_CLASS);
    return empty != NULL ? empty : meta_alloc(MAGAZINE_BYTES);
}

void depot_put(unsigned class_id, hak_magazine_t *const *magazines, unsigned count) {
    hak_depot_t *depot = &hak_depots[class_id];
    lock_acquire(&depot->lock, LOCK_RANK_CLASS);
    for (unsigned i = 0; i < count; i++) {
        if (magazines[i]->count == 0 || keep_or_empty(class_id, magazines[i]) != NULL) {
            push(&depot->empty, magazines[i]);
        }
    }
    lock_release(&depot->lock, LOCK_RANK_CLASS);
}

void depot_trim(unsigned class_id, unsigned passed) {
    hak_depot_t *depot = &hak_depots[class_id];
    lock_acquire(&depot->lock, LOCK_RANK_CLASS);
    size_t idle = least_due(&depot->full_least, depot->full_count, passed);
    depot->returned_parts += passed;
    if (depot->returned_parts >= LEAST_PARTS) {
        depot->returned_parts = 0;
        depot->returned_blocks = 0;
    }
    for (; idle > 0; idle--) {
        hak_magazine_t *magazine = pop(&depot->full);
        set_full_count(depot, depot->full_count - 1);
        count_full(depot, -(uint32_t)magazine->count);
        depot->kept_blocks -= hak_min(depot->kept_blocks, magazine->count);
        empty_into_slabs(class_id, magazine);
        push(&depot->empty, magazine);
    }
    while (depot->full_count == 0 && depot->empty != NULL) { /* the class is idle */
        meta_free(pop(&depot->empty), MAGAZINE_BYTES);
    }
    lock_release(&depot->lock, LOCK_RANK_CLASS);
}

bool depot_is_sparse(unsigned class_id, unsigned share) {
    hak_depot_t *depot = &hak_depots[class_id];
    lock_acquire(&depot->lock, LOCK_RANK_CLASS);
    size_t blocks = depot->blocks, free_blocks = depot->free_blocks;
    lock_release(&depot->lock, LOCK_RANK_CLASS);
    return free_blocks > hak_max(blocks - blocks / share, hak_classes[class_id].slab_blocks);
}

void depot_set_class(unsigned class_id, const hak_class_t *cls) {
    hak_depot_t *depot = &hak_depots[class_id];
    lock_acquire(&depot->lock, LOCK_RANK_CLASS);
    HAK_CHECK(depot->blocks == 0 && depot->full == NULL, "a class that is changed has blocks",
              NULL);
    hak_classes[class_id] = *cls;
    depot->kept_blocks = depot->returned_blocks = 0;
    /* Relaxed, as below: figures and hints. */
    __atomic_fetch_and(&hak_depots_used[class_id / 64], ~((uint64_t)1 << (class_id % 64)),
                       __ATOMIC_RELAXED);
    __atomic_store_n(&depot->sampled_requests, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&depot->sampled_bytes, 0, __ATOMIC_RELAXED);
    lock_release(&depot->lock, LOCK_RANK_CLASS);
}

void depot_sample(unsigned class_id, size_t request_bytes, unsigned weight) {
    hak_depot_t *depot = &hak_depots[class_id];
    /* Relaxed, and not added in one step: an estimate does without the samples that threads lose to
     * each other, and a locked instruction costs more than all else on this path. */
    uint64_t requests = __atomic_load_n(&depot->sampled_requests, __ATOMIC_RELAXED);
    uint64_t sum = __atomic_load_n(&depot->sampled_bytes, __ATOMIC_RELAXED);
    __atomic_store_n(&depot->sampled_requests, requests + weight, __ATOMIC_RELAXED);
    __atomic_store_n(&depot->sampled_bytes, sum + weight * request_bytes, __ATOMIC_RELAXED);
}

void depot_add_figures(unsigned class_id, hak_depot_figures_t *sum) {
    hak_depot_t *depot = &hak_depots[class_id];
    door_enter_late();
    lock_acquire(&depot->lock, LOCK_RANK_CLASS);
    sum->block_bytes = hak_classes[class_id].block_bytes;
    sum->pool = hak_classes[class_id].pool;
    sum->slabs += depot->slabs;
    /* of a class without slabs this is counted without the lock, and with what waits */
    size_t blocks = __atomic_load_n(&depot->blocks, __ATOMIC_RELAXED);
    size_t waiting = class_has_slabs(class_id) || blocks == 0 ? 0 : deferred_blocks(class_id);
    sum->blocks += blocks - hak_min(blocks, waiting);
    sum->free_blocks += depot->free_blocks;
    sum->warm_blocks += depot->free_blocks - depot->cold_blocks;
    sum->magazine_blocks += depot->full_blocks;
    sum->sampled_requests += __atomic_load_n(&depot->sampled_requests, __ATOMIC_RELAXED);
    sum->sampled_bytes += __atomic_load_n(&depot->sampled_bytes, __ATOMIC_RELAXED);
    lock_release(&depot->lock, LOCK_RANK_CLASS);
    door_leave();
}

void depot_read(unsigned class_id, hak_depot_figures_t *out) {
    *out = (hak_depot_figures_t){0};
    depot_add_figures(class_id, out);
}
