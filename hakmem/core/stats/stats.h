/*
 * stats.h - every counter, read and written as JSON. Nothing is counted on the fast path: what
 * lives is what slabs and spans have handed out less what magazines hold, summed when asked.
 *
 * Exact while no other thread allocates; else each figure is right on its own, but they are not
 * all of one moment. requested_bytes is an estimate for blocks of a class: what requests that
 * came past the fast path asked for on average, times the live blocks; exact for direct and big.
 */
#ifndef HAK_STATS_H
#define HAK_STATS_H

#include "../../include/hakmem.h"
#include "../slab/slab.h"

typedef struct hak_pool_figures {
    size_t live_bytes, requested_bytes, cached_bytes, used_bytes;
} hak_pool_figures_t;
typedef struct hak_class_figures {
    size_t block_bytes, pool, live_blocks, live_bytes, requested_bytes, cached_bytes;
} hak_class_figures_t;
/* Where the bytes are that no live block has. */
typedef struct hak_parts {
    size_t magazine_bytes, depot_bytes, warm_bytes; /* free blocks: of threads, depots, slabs */
    size_t quarantine_bytes;                        /* freed blocks that wait (harden/) */
    size_t dirty_bytes;    /* of free spans; all of these so far are what is cached */
    size_t cold_bytes;     /* free blocks of slabs that are not in memory */
    size_t tail_bytes;     /* what slabs leave over behind their last block */
    size_t overhang_bytes; /* of spans, beyond a Large block's class and in guard pages */
} hak_parts_t;

/* Of a class, with its front and homes (slab/homes.h): what its slabs and depots hold, and what
 * threads have in their magazines. */
void stats_read_depots(unsigned class_id, hak_depot_figures_t *depot, size_t *in_threads);
/* What that comes to. */
void stats_read_class(unsigned class_id, hak_class_figures_t *out);
/* What live blocks of a class were asked for, by an estimate. */
size_t stats_requested_bytes(const hak_depot_figures_t *depot, size_t live_blocks);
void stats_read_pool(hak_pool_id_t pool, hak_pool_figures_t *out);
void stats_read_memory(hak_memory_t *out);
/* With the live blocks, all but dirty_bytes comes to heap_read's used_bytes, unless blocks without
 * a class wait in quarantine. */
void stats_read_parts(hak_parts_t *out);
/* The same without what is in the pools. */
void stats_read_memory_beside_pools(hak_memory_t *out);
void stats_read_totals(hak_ace_totals_t *out);
int stats_dump(const char *path); /* 0 or an errno; NULL: HAKMEM_STATS */
void stats_at_exit(void);         /* what the options ask for at the end of the process */

#endif
