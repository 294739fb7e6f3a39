/*
 * slab_purge.c - see slab_purge_blocks in slab.h: gives the memory of free blocks in slabs that are
 * in use back to the OS.
 *
 * One slab at a time, the sparsest first, so that what is kept is dense. Its free blocks are taken
 * out as an allocation would, so that the lock is not held while the OS works: those that are due,
 * and the cold ones, with which they may share pages. Only whole pages of the system go back, those
 * that free blocks cover. A block that was due is cold afterwards, also where it shares all its
 * pages with blocks in use; when these are freed and due in their turn, the pages between go back
 * with them.
 */
#include "../os/os.h"
#include "slab_locked.h"

enum { WORDS = SLAB_PURGE_MAX_BLOCKS / 64 };

/* Free blocks of a slab, taken out of it: a bit each. While one of them is out, the slab is in use.
 */
typedef struct hak_purge {
    hak_span_t *slab;
    uint64_t due[WORDS], cold[WORDS];
} hak_purge_t;

/* The lowest `most` bits of a word. */
static uint64_t lowest_bits(uint64_t bits, unsigned most) {
    uint64_t left = bits;
    for (; left != 0 && most > 0; most--) {
        left &= left - 1;
    }
    return bits & ~left;
}

/* Takes at most `most` warm blocks of the sparsest slab, and all its cold ones. How many were warm.
 * */
static unsigned take_sparsest(hak_depot_t *depot, hak_purge_t *purge, unsigned most) {
    unsigned due_count = 0, cold_count = 0;
    uint32_t warm_lists = depot->lists_in_use & ((1u << SLAB_FULLNESS) - 1);
    if (warm_lists == 0) {
        return 0;
    }
    hak_span_t *slab = LIST_ITEM(depot->lists[31 - __builtin_clz(warm_lists)], hak_span_t, place);
    *purge = (hak_purge_t){.slab = slab};
    for (unsigned word = 0; word * 64 < slab->blocks; word++) {
        purge->cold[word] = slab->cold_bits[word];
        purge->due[word] =
            lowest_bits(slab->free_bits[word] & ~slab->cold_bits[word], most - due_count);
        uint64_t taken = purge->due[word] | purge->cold[word];
        slab->free_bits[word] &= ~taken;
        slab->cold_bits[word] = 0;
        due_count += (unsigned)__builtin_popcountl(purge->due[word]);
        cold_count += (unsigned)__builtin_popcountl(purge->cold[word]);
        if (taken != 0) {
            unsigned end = word * 64 + 64 - (unsigned)__builtin_clzl(taken);
            slab->carved_blocks = (uint16_t)hak_max(slab->carved_blocks, end);
        }
    }
    slab->free_blocks = (uint16_t)(slab->free_blocks - due_count - cold_count);
    slab->cold_blocks = 0;
    slab_note_taken(depot, cold_count, false);
    slab_note_taken(depot, due_count, true);
    slab_file(depot, slab);
    return due_count;
}

static bool has_bit(const uint64_t *bits, unsigned index) {
    return (bits[index / 64] >> index % 64 & 1) != 0;
}

static size_t purge_pages(uintptr_t start, uintptr_t end) {
    return end > start && window_purge((void *)start, end - start) == 0 ? end - start : 0;
}

/* The pages that the blocks due have alone or share with other blocks of the list, as far as whole
 * pages of a run of neighbours go: one call for those next to each other. */
static size_t purge_runs(const hak_purge_t *purge, size_t block_bytes) {
    size_t bytes = 0;
    uintptr_t run_start = 0, run_end = 0, start = 0, end = 0;
    uintptr_t block = slab_start(purge->slab);
    for (unsigned i = 0; i < purge->slab->blocks; i++, block += block_bytes) {
        if (!has_bit(purge->due, i) && !has_bit(purge->cold, i)) {
            continue;
        }
        if (block != run_end) {
            bytes += purge_pages(start, hak_min(end, os_page_down(run_end)));
            run_start = os_page_up(block);
            start = end = 0;
        }
        run_end = block + block_bytes;
        if (!has_bit(purge->due, i)) {
            continue;
        }
        uintptr_t first = hak_max(run_start, os_page_down(block));
        if (first > end) {
            bytes += purge_pages(start, end);
            start = first;
        }
        end = os_page_up(run_end);
    }
    return bytes + purge_pages(start, hak_min(end, os_page_down(run_end)));
}

/* Returns the blocks to their slab, as cold ones. When the last of it returns, the slab goes to the
 * span heap. */
static void give_back_cold(hak_depot_t *depot, unsigned class_id, const hak_purge_t *purge) {
    hak_span_t *slab = purge->slab;
    uintptr_t base = slab_start(slab);
    unsigned blocks = slab->blocks;
    for (unsigned i = 0; i < blocks; i++) {
        if (!has_bit(purge->due, i) && !has_bit(purge->cold, i)) {
            continue;
        }
        void *block = (void *)(base + i * (uintptr_t)hak_classes[class_id].block_bytes);
        if (slab->free_blocks + 1 < slab->blocks) {
            slab->cold_bits[i / 64] |= (uint64_t)1 << (i % 64);
            slab->cold_blocks++;
            depot->cold_blocks++;
        }
        slab_give_locked(class_id, &block, 1);
    }
}

size_t slab_purge_blocks(unsigned class_id, unsigned passed) {
    const hak_class_t *cls = &hak_classes[class_id];
    hak_depot_t *depot = &hak_depots[class_id];
    hak_purge_t purge;
    size_t bytes = 0;
    lock_acquire(&depot->lock, LOCK_RANK_CLASS);
    size_t due = least_due(&depot->warm_least, depot->free_blocks - depot->cold_blocks, passed);
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
    lock_release(&depot->lock, LOCK_RANK_CLASS);
    return bytes;
}
