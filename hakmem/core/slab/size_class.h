/*
 * size_class.h - the table of size classes: one row a class, filled by the pools at start-up,
 * read-only afterwards. A pool is a range of rows and a policy.
 *
 * Rows are in ascending order of size within a pool, and the pools in ascending order; class id 0
 * means none. So the classes that may serve a request are a run of neighbouring ids.
 *
 * Behind them lie, in no order, the rows of learnt classes (HAKMEM_LEARN, box/learned.h). Such a
 * row is written again while the process runs, but only when nobody can hold its id: read it where
 * the id came from a block of the class, a magazine of the thread, or the table of sizes inside the
 * door; not for an id that a loop counted up to.
 */
#ifndef HAK_SIZE_CLASS_H
#define HAK_SIZE_CLASS_H

#include "../base/base.h"

typedef enum {
    POOL_NONE,
    POOL_TINY,
    POOL_SMALLMID,
    POOL_MID,
    POOL_LARGE,
    POOL_DIRECT, /* page-exact, for want of a class */
    POOL_BIG,
    POOL_COUNT
} hak_pool_id_t;

typedef struct hak_class {
    uint64_t reciprocal; /* ceil(2^40 / block_bytes): offset to index without a division */
    uint32_t block_bytes;
    uint32_t least_resize; /* smallest request that a block may be resized to where it lies; > 0 */
    uint32_t slab_pages;   /* 0: each block is a span of its own */
    uint16_t slab_blocks;  /* at most SLAB_MAX_BLOCKS */
    uint8_t pool;          /* hak_pool_id_t */
    uint8_t magazine_blocks; /* most that a magazine holds; 0: none */
    uint16_t depot_blocks;   /* most that the depot keeps, in full magazines … */
    uint16_t depot_few;      /* … and up to which it may keep half of all */
    bool purges_blocks;      /* free blocks of a slab in use go back to the OS */
    bool is_closed;          /* hardening: nobody may touch its blocks, which have no bytes */
    bool is_retired;         /* nothing is asked of it any more: no magazines of it; atomic */
} hak_class_t;

typedef struct hak_pool {
    uint8_t first, last; /* class ids; first > last: the pool is empty */
    size_t cap_bytes;    /* SIZE_MAX: none */
    /* Its slabs, or its blocks without slabs, by class; atomic. Apart from what all only read. */
    size_t used_bytes HAK_ALIGNED(HAK_CACHE_LINE);
} hak_pool_t;

extern hak_class_t hak_classes[HAK_CLASS_COUNT] HAK_HIDDEN;
extern hak_pool_t hak_pools[POOL_COUNT] HAK_HIDDEN;

/* One past the last class that there is, learnt ones included; and the first of these. */
extern unsigned hak_class_end HAK_HIDDEN, hak_class_learned HAK_HIDDEN;

/* Adds a class of `pool`; sizes ascend. At start-up only. */
hak_class_t *class_add(hak_pool_id_t pool, uint32_t block_bytes);
/* Adds a class with the row of another, behind all pools; its id. There must be one left. */
unsigned class_copy(unsigned class_id);
unsigned class_ids_left(void);
/* Keeps ids behind all others for learnt classes, as many as there are left. At start-up only. */
void class_keep_ids(unsigned count);
/* What class_add writes to a row. */
void class_set_size(hak_class_t *cls, hak_pool_id_t pool, uint32_t block_bytes);
/* Sets how a class is carved: the span of `least_pages` … `most_pages` with the smallest tail; or
 * the next longer one that is whole pages of the system. */
void class_set_slab(hak_class_t *cls, unsigned least_pages, unsigned most_pages);
/* Sets what a magazine of a class, and the depot, hold at most, in bytes. A thread has two
 * magazines of a class, and takes them to half of this unless it exchanges them often. */
void class_set_caching(hak_class_t *cls, size_t magazine_bytes, size_t depot_bytes);
/* Up to so many bytes the depot keeps half of the class's blocks, if need be: of small blocks a
 * program takes and frees a few hundred at a time. */
void class_set_depot_few(hak_class_t *cls, size_t bytes);

/* Free blocks of slabs in use are given back to the OS, where a slab has several pages of the
 * system. After class_set_slab. */
void class_set_purging(hak_class_t *cls);

static inline bool class_is_learned(unsigned class_id) {
    return class_id >= hak_class_learned && class_id < HAK_CLASS_LIMIT;
}

/* A hint to who keeps blocks of it: relaxed, here and below. A learnt class that is left, and one
 * whose requests learnt classes serve: what is freed goes back to the slabs, so that these drain.
 */
static inline bool class_is_retired(unsigned class_id) {
    return __atomic_load_n(&hak_classes[class_id].is_retired, __ATOMIC_RELAXED);
}

static inline void class_set_retired(unsigned class_id, bool is_retired) {
    __atomic_store_n(&hak_classes[class_id].is_retired, is_retired, __ATOMIC_RELAXED);
}

/* Are its blocks carved from slabs? Else each is a span of its own. */
static inline bool class_has_slabs(unsigned class_id) {
    return hak_classes[class_id].slab_pages != 0;
}

/* May a block of the class be resized to so many bytes where it lies? */
static inline bool class_serves(unsigned class_id, size_t bytes) {
    return bytes >= hak_classes[class_id].least_resize &&
           bytes <= hak_classes[class_id].block_bytes;
}

/* Are all blocks of the class aligned to this power of two, a page at most? (A slab starts on a
 * page.) */
static inline bool class_is_aligned(unsigned class_id, size_t alignment) {
    return (hak_classes[class_id].block_bytes & (alignment - 1)) == 0;
}

/* The smallest class of the pool that holds `bytes`; 0: none. A search, for slow paths. */
unsigned class_for(hak_pool_id_t pool, size_t bytes);

hak_pool_id_t class_pool(unsigned class_id);
const char *class_pool_name(hak_pool_id_t pool);
uint32_t class_wmax(hak_pool_id_t pool); /* millionths; 0: no bound */
/* The bytes of a block: the class's, or for blocks without one the request in whole pages. */
size_t class_block_bytes(unsigned class_id, size_t request_bytes);

/* Takes `bytes` of a pool's cap; false: not without exceeding it. Lock-free. */
bool pool_reserve(hak_pool_id_t pool, size_t bytes);
void pool_unreserve(hak_pool_id_t pool, size_t bytes);
/* Counts bytes that a pool without a cap has more. */
static inline void pool_count(hak_pool_id_t pool, ptrdiff_t bytes) {
    __atomic_fetch_add(&hak_pools[pool].used_bytes, (size_t)bytes, __ATOMIC_RELAXED); /* a sum */
}
/* Without what waits to be merged (span/deferred.h). A figure. */
size_t pool_used(hak_pool_id_t pool);

#endif
