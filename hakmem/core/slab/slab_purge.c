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
#include "../span/meta.h"
#include "slab_locked.h"

enum { WORDS = SLAB_PURGE_MAX_BLOCKS / 64 };

/* Free blocks of a slab, taken out of it: a bit each. While one of them is out, the slab is in use.
 */
typedef struct hak_purge {
    hak_span_t *slab;
    uint64_t taken[WORDS], due[WORDS]; /* due: those among them that were warm */
} hak_purge_t;

/* Bytes next to each other; none, where it does not end behind its start. */
typedef struct hak_run {
    uintptr_t start, end;
} hak_run_t;

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
    if (!slab_note_cold(slab)) {
        return 0;
    }
    *purge = (hak_purge_t){.slab = slab};
    for (unsigned word = 0; word * 64 < slab->blocks; word++) {
        uint64_t cold = slab->cold_bits[word];
        uint64_t due = lowest_bits(slab->free_bits[word] & ~cold, most - due_count);
        uint64_t taken = due | cold;
        purge->due[word] = due;
        purge->taken[word] = taken;
        slab->free_bits[word] &= ~taken;
        slab->cold_bits[word] = 0;
        due_count += (unsigned)__builtin_popcountl(due);
        cold_count += (unsigned)__builtin_popcountl(cold);
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

/* The first bit from `from` on that is set, or that is not; `end`: none before it is. */
static unsigned next_bit(const uint64_t *bits, unsigned from, unsigned end, bool set) {
    while (from < end) {
        uint64_t word = (set ? bits[from / 64] : ~bits[from / 64]) >> from % 64;
        if (word != 0) {
            return (unsigned)hak_min(from + (unsigned)__builtin_ctzl(word), end);
        }
        from = (from / 64 + 1) * 64;
    }
    return end;
}

static size_t purge_run(hak_run_t run) {
    size_t bytes = run.end > run.start ? run.end - run.start : 0;
    return bytes > 0 && window_purge((void *)run.start, bytes) == 0 ? bytes : 0;
}

/* Of blocks next to each other that were taken: the pages that those which are due touch, as far as
 * they lie `within`, which whole pages of all of them are. One call for those next to each other.
 */
static size_t purge_due_of(const hak_purge_t *purge, unsigned first, unsigned end,
                           size_t block_bytes, hak_run_t within) {
    uintptr_t base = slab_start(purge->slab);
    hak_run_t run = {0, 0};
    size_t bytes = 0;
    while ((first = next_bit(purge->due, first, end, true)) < end) {
        unsigned last = next_bit(purge->due, first, end, false);
        uintptr_t start = hak_max(within.start, os_page_down(base + first * block_bytes));
        if (start > run.end) {
            bytes += purge_run(run);
            run.start = start;
        }
        run.end = hak_min(within.end, os_page_up(base + last * block_bytes));
        first = last;
    }
    return bytes + purge_run(run);
}

static size_t purge_taken(const hak_purge_t *purge, size_t block_bytes) {
    uintptr_t base = slab_start(purge->slab);
    unsigned blocks = purge->slab->blocks, first = 0;
    size_t bytes = 0;
    while ((first = next_bit(purge->taken, first, blocks, true)) < blocks) {
        unsigned end = next_bit(purge->taken, first, blocks, false);
        hak_run_t within = {os_page_up(base + first * block_bytes),
                            os_page_down(base + end * block_bytes)};
        if (within.end > within.start) {
            bytes += purge_due_of(purge, first, end, block_bytes, within);
        }
        first = end;
    }
    return bytes;
}

size_t slab_purge_blocks(unsigned class_id, unsigned passed) {
    const hak_class_t *cls = &hak_classes[class_id];
    hak_depot_t *depot = &hak_depots[class_id];
    size_t bytes = 0;
    lock_acquire(&depot->lock, LOCK_RANK_CLASS);
    size_t due = least_due(&depot->warm_least, depot->free_blocks - depot->cold_blocks, passed);
    hak_purge_t *purge = due == 0 ? NULL : meta_alloc(sizeof(*purge)); /* too large for the stack */
    while (purge != NULL && due > 0) {
        unsigned taken = take_sparsest(depot, purge, (unsigned)hak_min(due, SLAB_PURGE_MAX_BLOCKS));
        if (taken == 0) {
            break;
        }
        due -= taken;
        lock_release(&depot->lock, LOCK_RANK_CLASS); /* the blocks are ours: nobody waits */
        bytes += purge_taken(purge, cls->block_bytes);
        lock_acquire(&depot->lock, LOCK_RANK_CLASS);
        slab_give_cold_locked(purge->slab, purge->taken);
    }
    lock_release(&depot->lock, LOCK_RANK_CLASS);
    if (purge != NULL) {
        meta_free(purge, sizeof(*purge));
    }
    return bytes;
}
