/*
 * threads.h - the threads that have a cache, and what each of them has: for the files of cache/.
 *
 * The list of threads is under a lock (LOCK_RANK_THREADS); a record is its thread's own, but for
 * what cache_count reads as figures.
 */
#ifndef HAK_THREADS_H
#define HAK_THREADS_H

#include "../base/list.h"
#include "../options/options.h"
#include "../span/deferred.h"
#include "thread_cache.h"

#define TICK_OPS 64 /* slow operations between two looks at the clock */

/* What a thread has of a class, but for the top of the loaded magazine. */
typedef struct hak_thread_class {
    hak_magazine_t *spare;
    uint32_t top_at_tick; /* the low half of the loaded magazine's top */
    /* For cache_held_blocks, which looks into no magazine: of another thread one may be something
     * else by then. */
    uint8_t loaded_bottom; /* while a magazine is loaded */
    uint8_t spare_blocks;
    uint8_t capacity;  /* of the next magazine; 0: none yet, and no spare; read by others, too */
    uint8_t exchanges; /* with the depot, at the usual capacity */
} hak_thread_class_t;

struct hak_thread {
    void ***tops;        /* hak_tls.top of this thread */
    size_t span_bytes;   /* of magazines of spans, at their capacities */
    size_t room_bytes;   /* what magazines of slabs' classes take when they are full */
    size_t most_room;    /* at the last look: they may take no more; 0: none yet */
    bool is_over_budget; /* at the last look: magazines do not grow */
    uint8_t unlooked;    /* looks until then that it is spared */
    uint32_t slow_ops;
    uint32_t growths;  /* of the heap, as cache_note_growth counts them, that it has seen */
    uint8_t home;      /* slab/homes.h */
    uint8_t slot;      /* of these, the one that it used last */
    uint8_t unsampled; /* requests since the last that was noted */
    uint64_t next_tick_ms;
    hak_place_t *last;            /* where spans wait that it freed last (span/deferred.h) */
    hak_link_t place;             /* in the list of threads */
    hak_thread_class_t classes[]; /* up to the last class that there is */
};

extern size_t threads_count HAK_HIDDEN; /* read without the lock, as a rule of thumb */

/* `end` is called at the end of each thread that was added, by which it is to be removed. */
void threads_start(void (*end)(void *thread));
/* Takes the calling thread out. */
void threads_remove(void);

/* Counts a slow operation of the calling thread; whether the caller may be quick about it, upkeep
 * being not due. (With HAKMEM_PURGE_DELAY_MS=0 it always is: not asked here.) */
static inline bool cache_may_be_quick(hak_thread_t *thread) {
    if ((thread->slow_ops + 1) % TICK_OPS == 0) {
        return false;
    }
    thread->slow_ops++;
    return true;
}

static inline void cache_set_top(unsigned class_id, void **top) {
    __atomic_store_n(&hak_tls.top[class_id], top, __ATOMIC_RELAXED); /* cache_count reads it */
}

/* Blocks of a class in a thread's magazines; of another thread, a figure. */
static inline size_t cache_held_blocks(const hak_thread_t *thread, unsigned class_id) {
    const hak_thread_class_t *class = &thread->classes[class_id];
    /* Relaxed: these need not be of the same moment. */
    void **top = __atomic_load_n(&thread->tops[class_id], __ATOMIC_RELAXED);
    size_t bottom = __atomic_load_n(&class->loaded_bottom, __ATOMIC_RELAXED);
    size_t loaded =
        top != MAGAZINE_VOID_TOP && magazine_index(top) > bottom ? magazine_index(top) - bottom : 0;
    return loaded + __atomic_load_n(&class->spare_blocks, __ATOMIC_RELAXED);
}

/* Makes a magazine the loaded one, with its top at `top`. */
static inline void cache_load(hak_thread_t *thread, unsigned class_id, void **top) {
    /* Relaxed: as cache_set_top. */
    __atomic_store_n(&thread->classes[class_id].loaded_bottom, (uint8_t)magazine_of(top)->bottom,
                     __ATOMIC_RELAXED);
    cache_set_top(class_id, top);
}

/* Makes a magazine that holds nothing the loaded one, with room for `capacity` blocks and this one
 * in it. */
static inline void cache_load_with(hak_thread_t *thread, unsigned class_id,
                                   hak_magazine_t *magazine, unsigned capacity, void *block) {
    void **top = magazine_reset(magazine, capacity);
    *top = block;
    cache_load(thread, class_id, top + 1);
}

#endif
