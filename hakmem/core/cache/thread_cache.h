/*
 * thread_cache.h - what a thread keeps for itself: a loaded and a spare magazine per class.
 *
 * hak_tls.top is all that the fast path looks at: one word per class, eight classes a cache line.
 * It starts, and ends, pointing into the void magazine (see magazine.h), so that a thread that is
 * not attached, a class that keeps no magazines, and a pointer that is nobody's all fall into the
 * slow path without being asked for.
 *
 * A free block has no owner: a thread that frees another's blocks fills its own magazine and hands
 * it over whole. Magazines start small and grow when the depot is asked too often: to half of
 * what a class may have within a few exchanges, to all of it after many (grown_capacity).
 *
 * Threads: all of it is the calling thread's own, but for cache_count, which reads the tops of
 * others as figures, and the list of threads (LOCK_RANK_THREADS).
 */
#ifndef HAK_THREAD_CACHE_H
#define HAK_THREAD_CACHE_H

#include "../slab/slab.h"

typedef struct hak_thread hak_thread_t;

typedef struct hak_tls {
    void **top[HAK_CLASS_COUNT];
    hak_thread_t *thread; /* NULL: not attached yet, or ended */
    bool ended;
    bool fresh; /* the block that the last slow allocation returned reads as zero */
} hak_tls_t;

extern _Thread_local hak_tls_t hak_tls HAK_HIDDEN __attribute__((tls_model("initial-exec")));

/* Moves the loaded magazine's top by `blocks`, as one instruction that adds in memory: the barrier
 * makes the compiler forget that it has just read the top, or it would add in a register and store
 * that. */
static inline void cache_step_top(size_t class_id, ptrdiff_t blocks) {
    __asm__ volatile("" ::: "memory");
    hak_tls.top[class_id] += blocks;
}

void cache_start(void); /* once, at start-up */
/* Attaches the calling thread, if it is new. Afterwards it may still be without a record (no
 * memory, or ended): every function copes. */
void cache_attach(void);

/* A block that is at hand: in a magazine of the thread, in the depot, or warm in a slab. */
void *cache_pop(unsigned class_id);
/* A block of the class's slabs, warm or not, and a magazine filled beside it. */
void *cache_refill(unsigned class_id);
/* Takes a block for which the loaded magazine has no room. */
void cache_push_full(unsigned class_id, void *block);

/* Gives all blocks of the thread back to the depot, or past it. */
void cache_flush(void);
/* Upkeep of all that is shared, when it is due; call from slow paths, without locks. */
void cache_tick(void);
/* Returns what this thread and the depots cache to the slabs, and empty slabs to the span heap. */
void cache_return(void);
/* Gives back everything that is cached but for `keep_bytes` of dirty spans. Bytes. */
size_t cache_reclaim(size_t keep_bytes);

/* Blocks of a class in the magazines of all threads: exact while the others rest. */
size_t cache_count(unsigned class_id);
/* Counts a span of a class without slabs in or out of hak_depots[class_id].blocks. */
void cache_count_span(unsigned class_id, bool in);

void cache_fork(bool before, bool in_child);

#endif
