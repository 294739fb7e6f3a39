/*
 * slab.h - spans carved into equal blocks, and the depot of full magazines on top of them: all that
 * a class shares between threads.
 *
 * Which block of a slab is free stands in a bitmap out of line, so a double free and a pointer into
 * the middle of a block are seen when a block returns here. A block that is in a magazine counts as
 * taken. Free blocks that are not in memory are cold, and warm ones are reused before these are
 * touched. A slab is carved in order of address, and what was never carved is cold; but of a slab
 * that is made of dirty memory every block is warm. Once free blocks were purged (slab_purge.c), a
 * second bitmap tells which are cold.
 *
 * Slabs with free blocks are filed by whether any of these is warm, then by fullness; the fullest
 * slab with a warm block is used first, so that sparse ones can drain and go back to the span heap,
 * which they do at once when their last block returns.
 *
 * Threads: each class has a lock (LOCK_RANK_CLASS); functions take it themselves.
 */
#ifndef HAK_SLAB_H
#define HAK_SLAB_H

#include "../base/least.h"
#include "../os/lock.h"
#include "../span/span_heap.h"
#include "magazine.h"
#include "size_class.h"

#define SLAB_MAX_BLOCKS       (OS_PAGE_MOST / HAK_ALIGNMENT)
#define SLAB_PURGE_MAX_BLOCKS 1024 /* of a class whose free blocks are purged */
#define SLAB_FULLNESS         4    /* lists per warmth */

/* What an exchange of magazines touches is in the first cache line, which comes with the lock: a
 * line more is a journey more between two cores, while others wait. */
typedef struct hak_depot {
    hak_lock_t lock;       /* of all below */
    uint16_t lists_in_use; /* bit per list; also read without the lock, as a hint */
    uint32_t full_blocks;  /* in the full magazines; as are these figures */
    uint32_t full_count;   /* also read without the lock, as a hint */
    hak_magazine_t *full, *empty;
    size_t blocks, free_blocks; /* of all slabs, also full ones; blocks: and of spans */
    hak_least_t full_least; /* full magazines, not needed lately; its first two are of the line */
    hak_link_t *lists[2 * SLAB_FULLNESS]; /* warm, fullest first; then cold, fullest first */
    size_t slabs;
    size_t cold_blocks;      /* free ones that are not in memory; a figure, as free_blocks */
    size_t kept_blocks;      /* so many in full magazines have proved to be needed (depot.c) */
    size_t returned_blocks;  /* for which there was no room in this interval */
    unsigned returned_parts; /* of it that have passed */
    hak_least_t warm_least;  /* free blocks that are in memory, not needed lately */
    uint64_t sampled_requests, sampled_bytes; /* what the requests that came here asked for */
} HAK_ALIGNED(HAK_CACHE_LINE) hak_depot_t;
static_assert(offsetof(hak_depot_t, full_least) + offsetof(hak_least_t, past) <= HAK_CACHE_LINE,
              "as said");

extern hak_depot_t hak_depots[HAK_CLASS_COUNT] HAK_HIDDEN;

typedef enum { SLAB_WARM_ONLY, SLAB_ANY } hak_slab_choice_t;

/* A full magazine in exchange for an empty one (which may be NULL); NULL: there is none. */
hak_magazine_t *depot_take_full(unsigned class_id, hak_magazine_t *empty);
/* An empty magazine, with a full one handed in (which may be NULL); NULL: no memory for it. */
hak_magazine_t *depot_take_empty(unsigned class_id, hak_magazine_t *full);
/* Takes in both kinds, at the end of a thread. */
void depot_put(unsigned class_id, hak_magazine_t *const *magazines, unsigned count);
/* Hints, without a lock. */
/* The classes that were ever used, a bit for each: upkeep has not to look at the others. */
extern uint64_t hak_depots_used[HAK_CLASS_COUNT / 64] HAK_HIDDEN;
/* The first that was, from that one on; HAK_CLASS_COUNT: none. */
static inline unsigned depot_next_used(unsigned class_id) {
    while (class_id < HAK_CLASS_COUNT) {
        uint64_t used = HAK_RELAXED(hak_depots_used[class_id / 64]) >> (class_id % 64);
        if (used != 0) {
            return class_id + (unsigned)__builtin_ctzl(used);
        }
        class_id = (class_id | 63) + 1;
    }
    return class_id;
}

static inline bool depot_was_used(unsigned class_id) {
    return (HAK_RELAXED(hak_depots_used[class_id / 64]) >> (class_id % 64) & 1) != 0;
}

/* The class's lock is held. */
static inline void depot_note_use(unsigned class_id) {
    if (HAK_UNLIKELY(!depot_was_used(class_id))) {
        /* Relaxed: a hint to readers. */
        __atomic_fetch_or(&hak_depots_used[class_id / 64], (uint64_t)1 << (class_id % 64),
                          __ATOMIC_RELAXED);
    }
}

/* Changes a figure that is read without the lock. Relaxed: a figure. */
static inline void depot_count(size_t *figure, size_t more) {
    __atomic_store_n(figure, *figure + more, __ATOMIC_RELAXED);
}

static inline bool depot_has_full(unsigned class_id) {
    return __atomic_load_n(&hak_depots[class_id].full_count, __ATOMIC_RELAXED) != 0; /* a hint */
}

static inline bool depot_has_warm(unsigned class_id) {
    /* A hint. */
    uint32_t lists = __atomic_load_n(&hak_depots[class_id].lists_in_use, __ATOMIC_RELAXED);
    return (lists & ((1u << SLAB_FULLNESS) - 1)) != 0;
}

/* Takes up to `want` free blocks; how many. */
unsigned slab_take(unsigned class_id, void **blocks, unsigned want, hak_slab_choice_t choice);
/* Takes blocks back. Stops the process on a block that is free already or is none. */
void slab_give(unsigned class_id, void *const *blocks, unsigned count);
/* Adds a slab of `span`, which the caller allocated for this class. False: no memory for its
 * records; the span is still the caller's. */
bool slab_add(unsigned class_id, hak_span_t *span);

typedef enum { GROW_DONE, GROW_EXHAUSTED, GROW_REFUSED } hak_grow_t;
/* Adds a slab to a class, a short one if its pool's cap leaves no room for more. EXHAUSTED: the
 * cap leaves no room for a block; REFUSED: the OS gave nothing, see *failure. */
hak_grow_t slab_grow(unsigned class_id, hak_map_failure_t *failure);

/* Less than such a share of a class's blocks is in use, and more than one slab holds is free in its
 * slabs: what is in use of it may keep several. */
bool depot_is_sparse(unsigned class_id, unsigned share);

/* Free blocks of a class that are not in a thread's hands: in slabs and in full magazines. Without
 * the lock: a magazine that another thread moves from here to there may count twice, or not. */
static inline size_t depot_idle_blocks(unsigned class_id, size_t *cold_blocks) {
    const hak_depot_t *depot = &hak_depots[class_id];
    size_t blocks = HAK_RELAXED(depot->free_blocks) + HAK_RELAXED(depot->full_blocks);
    size_t cold = HAK_RELAXED(depot->cold_blocks);
    *cold_blocks = hak_min(cold, blocks);
    return blocks;
}

/* Upkeep, from time to time: full magazines that were not needed for an interval go back to the
 * slabs; warm free blocks of purging classes are given back to the OS. `passed` as of least_due. */
void depot_trim(unsigned class_id, unsigned passed);
size_t slab_purge_blocks(unsigned class_id, unsigned passed); /* bytes given back */

/* Notes what a request that came past the fast path asked for, in place of so many: the statistics
 * estimate from it what the live blocks of the class were asked for. */
void depot_sample(unsigned class_id, size_t request_bytes, unsigned weight);

typedef struct hak_depot_figures {
    size_t slabs, blocks, free_blocks, warm_blocks, magazine_blocks;
    uint64_t sampled_requests, sampled_bytes;
    uint32_t block_bytes; /* of the class, which may be a learnt one */
    uint8_t pool;
} hak_depot_figures_t;
void depot_add_figures(unsigned class_id, hak_depot_figures_t *sum);
void depot_read(unsigned class_id, hak_depot_figures_t *out);

/* Makes a class that nobody can hold another one. */
void depot_set_class(unsigned class_id, const hak_class_t *cls);

/* Where the blocks of a slab begin, and what there is for them: hardening puts guard pages round
 * it.
 */
static inline uintptr_t slab_start(const hak_span_t *slab) {
    return slab->base + ((uintptr_t)slab->guard_pages << HAK_PAGE_SHIFT);
}

static inline size_t slab_bytes(const hak_span_t *slab) {
    return (slab->pages - 2 * (size_t)slab->guard_pages) << HAK_PAGE_SHIFT;
}

/* The index of the block that `pointer` starts, or -1. Lock-free for a slab in use. */
int slab_block_index(const hak_span_t *slab, const void *pointer);

#endif
