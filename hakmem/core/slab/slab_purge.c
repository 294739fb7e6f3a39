/*
 * slab_purge.c - see slab_purge_blocks in slab.h: gives the memory of free blocks in slabs that are
 * in use back to the OS.
 *
 * One slab at a time, the sparsest first, so that what is kept is dense. Its free blocks are taken
 * out as an allocation would, so that the lock is not held while the OS works: those that are due,
 * and the cold ones, with which they may share pages. Only whole pages go back, those that free
 * blocks cover. A block that was due is cold afterwards, also where it shares all its pages with
 * blocks in use; when these are freed and due in their turn, the pages between go back with them.
 */
#include "../os/os.h"
#include "slab_locked.h"

/* Free blocks of a slab, due and cold ones, in order of address. */
typedef struct hak_purge {
    void *blocks[SLAB_PURGE_MAX_BLOCKS];
    bool is_due[SLAB_PURGE_MAX_BLOCKS];
    unsigned count;
} hak_purge_t;

/* The blocks due and the cold ones, which are in order each, as one list in order. */
static void merge(hak_purge_t *purge, void *const *due, unsigned due_count, void *const *cold,
                  unsigned cold_count) {
    unsigned i = 0, j = 0;
    purge->count = due_count + cold_count;
    for (unsigned k = 0; k < purge->count; k++) {
        bool is_due = j == cold_count || (i < due_count && due[i] < cold[j]);
        purge->is_due[k] = is_due;
        purge->blocks[k] = is_due ? due[i++] : cold[j++];
    }
}

/* Takes at most `most` warm blocks of the sparsest slab, and all its cold ones. How many were warm.
 * */
static unsigned take_sparsest(hak_depot_t *depot, hak_purge_t *purge, unsigned most) {
    void *due[SLAB_PURGE_MAX_BLOCKS], *cold[SLAB_PURGE_MAX_BLOCKS];
    uint32_t warm_lists = depot->lists_in_use & ((1u << SLAB_FULLNESS) - 1);
    if (warm_lists == 0) {
        return 0;
    }
    hak_span_t *slab = depot->lists[31 - __builtin_clz(warm_lists)];
    unsigned cold_count = slab_take_from(slab, cold, SLAB_PURGE_MAX_BLOCKS, false);
    unsigned due_count = slab_take_from(slab, due, most, true);
    slab_note_taken(depot, cold_count, false);
    slab_note_taken(depot, due_count, true);
    slab_file(depot, slab);
    merge(purge, due, due_count, cold, cold_count);
    return due_count;
}

static size_t purge_pages(uintptr_t start, uintptr_t end) {
    return end > start && window_purge((void *)start, end - start) == 0 ? end - start : 0;
}

/* The pages that the blocks due have alone or share with other blocks of the list, as far as whole
 * pages of a run of neighbours go: one call for those next to each other. */
static size_t purge_runs(const hak_purge_t *purge, size_t block_bytes) {
    size_t bytes = 0;
    uintptr_t run_start = 0, run_end = 0, start = 0, end = 0;
    for (unsigned i = 0; i < purge->count; i++) {
        uintptr_t block = (uintptr_t)purge->blocks[i];
        if (block != run_end) {
            bytes += purge_pages(start, hak_min(end, run_end & ~(HAK_PAGE_BYTES - 1)));
            run_start = hak_round_up(block, HAK_PAGE_BYTES);
            start = end = 0;
        }
        run_end = block + block_bytes;
        if (!purge->is_due[i]) {
            continue;
        }
        uintptr_t first = hak_max(run_start, block & ~(HAK_PAGE_BYTES - 1));
        if (first > end) {
            bytes += purge_pages(start, end);
            start = first;
        }
        end = hak_round_up(run_end, HAK_PAGE_BYTES);
    }
    return bytes + purge_pages(start, hak_min(end, run_end & ~(HAK_PAGE_BYTES - 1)));
}

/* Returns the blocks to their slab, as cold ones. When the last of it returns, the slab goes to the
 * span heap, so it is looked up anew for each block while it is surely still in use. */
static void give_back_cold(hak_depot_t *depot, unsigned class_id, const hak_purge_t *purge) {
    for (unsigned i = 0; i < purge->count; i++) {
        hak_span_t *slab = span_of(purge->blocks[i]); /* in use: this block of it is taken */
        int index = slab_block_index(slab, purge->blocks[i]);
        if (slab->free_blocks + 1 < slab->blocks) {
            slab->cold_bits[index / 64] |= (uint64_t)1 << (index % 64);
            slab->cold_blocks++;
            depot->cold_blocks++;
        }
        slab_give_locked(class_id, &purge->blocks[i], 1);
    }
}

size_t slab_purge_blocks(unsigned class_id, bool all) {
    const hak_class_t *cls = &hak_classes[class_id];
    hak_depot_t *depot = &hak_depots[class_id];
    hak_purge_t purge;
    size_t bytes = 0;
    lock_acquire(&depot->lock, LOCK_RANK_CLASS);
    size_t due = all ? depot->free_blocks - depot->cold_blocks : depot->warm_least;
    while (due > 0) {
        unsigned taken =
            take_sparsest(depot, &purge, (unsigned)hak_min(due, SLAB_PURGE_MAX_BLOCKS));
        if (taken == 0) {
            break;
        }
        due -= taken;
        lock_release(&depot->lock, LOCK_RANK_CLASS); /* the blocks are ours: nobody waits */
        bytes += purge_runs(&purge, cls->block_bytes);
        lock_acquire(&depot->lock, LOCK_RANK_CLASS);
        give_back_cold(depot, class_id, &purge);
    }
    depot->warm_least = depot->free_blocks - depot->cold_blocks;
    lock_release(&depot->lock, LOCK_RANK_CLASS);
    return bytes;
}
