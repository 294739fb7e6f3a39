/*
 * thread_cache.h - what a thread keeps for itself: a loaded and a spare magazine per class.
 *
 * hak_tls.top is all that the fast path looks at: one word per class, eight classes a cache line.
 * It starts, and ends, pointing into the void magazine (see magazine.h), so that a thread that is
 * not attached, a class that keeps no magazines, and an invalid pointer all fall into the
 * slow path without being asked for.
 *
 * A free block has no owner, unless several share a cache line (slab/homes.h): a thread that frees
 * another's blocks fills its own magazine and hands it over whole. Magazines start small and grow
 * when the depot is asked too often: to half of what a class may have within a few exchanges, to
 * all of it after many (grown_capacity). What all threads hold is bounded by a share of the memory
 * in use (keep_budget); what they have room for, idle ones too, by that share or a constant,
 * whichever is more (grown_capacity).
 *
 * Threads: all of it is the calling thread's own, but for cache_count, which reads the tops of
 * others as figures, and their records, and the list of threads (LOCK_RANK_THREADS).
 */
#ifndef HAK_THREAD_CACHE_H
#define HAK_THREAD_CACHE_H

#include "../slab/homes.h"
#include "../slab/slab.h"

typedef struct hak_thread hak_thread_t;

typedef struct hak_tls {
    void **top[HAK_CLASS_COUNT];
    hak_thread_t *thread; /* NULL: not attached yet, or ended */
    /* Bytes that left the thread's magazines for the depots and the heap, less what came from
     * there, since upkeep looked last: a program that drains shows here. */
    ptrdiff_t outflow_bytes;
    bool ended;
    bool fresh; /* the block that the last slow allocation returned reads as zero */
} hak_tls_t;

extern _Thread_local hak_tls_t hak_tls HAK_HIDDEN __attribute__((tls_model("initial-exec")));

/* Moves the loaded magazine's top by `blocks`; relaxed, for cache_count reads it as a figure. On
 * x86-64 as one instruction that adds in memory: the barrier makes the compiler forget that it has
 * just read the top, or it would add in a register and store that. */
static inline void cache_step_top(size_t class_id, ptrdiff_t blocks) {
#if !defined(__x86_64__) || defined(__SANITIZE_THREAD__) /* as HAK_RELAXED */
    __atomic_store_n(&hak_tls.top[class_id], hak_tls.top[class_id] + blocks, __ATOMIC_RELAXED);
#else
    __asm__ volatile("" ::: "memory");
    hak_tls.top[class_id] += blocks;
#endif
}

/* The block on top of the thread's loaded magazine; NULL: it is empty, or there is none. */
static inline void *cache_take(size_t class_id) {
    void *block = hak_tls.top[class_id][-1];
    if (HAK_LIKELY(block != NULL)) {
        cache_step_top(class_id, -1);
    }
    return block;
}

/* Puts a block on top; false: the magazine is full, or there is none. */
static inline bool cache_put(size_t class_id, void *block) {
    void **top = hak_tls.top[class_id];
    if (HAK_UNLIKELY(magazine_is_full(top))) {
        return false;
    }
    *top = block;
    cache_step_top(class_id, 1);
    return true;
}

static inline void cache_note_flow_bytes(ptrdiff_t bytes) {
    hak_tls.outflow_bytes += bytes;
}

static inline void cache_note_flow(unsigned class_id, ptrdiff_t blocks) {
    cache_note_flow_bytes(blocks * (ptrdiff_t)hak_classes[class_id].block_bytes);
}

/* When memory is to be given back that waits for it, which no slow operation is to miss; 0: none
 * waits. A hint. */
extern uint64_t hak_purge_due_ms HAK_HIDDEN;
static inline uint64_t cache_purge_due_ms(void) {
    return __atomic_load_n(&hak_purge_due_ms, __ATOMIC_RELAXED);
}

/* The heap grew to a new level: each thread looks, when it comes by, at what it did not need for
 * that. Any thread. */
void cache_note_growth(void);

void cache_start(void); /* once, at start-up */
/* Attaches the calling thread, if it is new. Afterwards it may still be without a record (no
 * memory, or ended): every function copes. */
void cache_attach_new(void);
static inline void cache_attach(void) {
    if (HAK_UNLIKELY(hak_tls.thread == NULL)) {
        cache_attach_new();
    }
}

/* More than one thread has a cache. A hint. */
bool cache_is_shared(void);
/* The class whose slabs serve the calling thread where it asks for one of `class_id`: itself, or
 * for a front (slab/homes.h) the thread's home. */
unsigned cache_at_home(unsigned front);
static inline unsigned cache_source(unsigned class_id) {
    return HAK_LIKELY(!homes_is_front(class_id)) ? class_id : cache_at_home(class_id);
}

/* A block of the thread's own two magazines; NULL: they have none, or upkeep is due. */
void *cache_pop_own(unsigned class_id);
/* Takes a block in if one of the thread's two magazines is empty, as cache_pop_own. */
bool cache_push_own(unsigned class_id, void *block);
/* A block that is at hand: in a magazine of the thread, in the depot, or warm in a slab. */
void *cache_pop(unsigned class_id);
/* A block of the class's slabs, warm or not, and a magazine filled beside it. */
void *cache_refill(unsigned class_id);
/* Takes a block for which the loaded magazine has no room. */
void cache_push_full(unsigned class_id, void *block);

/* Notes what a request that came past the fast path asked for. */
void cache_sample(unsigned class_id, size_t request_bytes);

/* Gives the thread's blocks of a class back if that is retired. */
void cache_drop_retired(unsigned class_id);
/* Gives all blocks of the thread back to the depot, or past it. */
void cache_flush(void);
/* Counts a slow operation. The time, every 64th time, and every time while memory waits to be given
 * back: upkeep may be due; else 0. Every 64th time the thread has by then handed what it keeps of
 * idle classes to the depot. */
uint64_t cache_tick(void);

/* Blocks of a class in the magazines of all threads: exact while the others rest, and never more
 * than two magazines each. */
size_t cache_count(unsigned class_id);
/* Whether a thread has a magazine of the class, or the room for one. */
bool cache_is_held(unsigned class_id);
/* Counts a span of a class without slabs in or out of hak_depots[class_id].blocks. */
static inline void cache_count_span(size_t class_id, bool in) {
    /* Relaxed: a figure. */
    __atomic_fetch_add(&hak_depots[class_id].blocks, in ? (size_t)1 : (size_t)-1, __ATOMIC_RELAXED);
}

/* In the child of a fork, which has the calling thread only. */
void cache_fork_child(void);

#endif
