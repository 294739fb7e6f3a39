/* stats.c - see stats.h: reading the figures. They are written in stats_json.c. */
#include "stats.h"

#include "../box/beside.h"
#include "../cache/thread_cache.h"
#include "../harden/harden.h"
#include "../hakmem_tiers.h"
#include "../report/ace_failure.h"
#include "../slab/homes.h"
#include "../span/meta.h"

/* As most classes of most programs. A front has no depot itself, nor has a class of spans; the row
 * of a learnt class is read with its lock held. */
static HAK_NOINLINE bool was_never_used(unsigned id) {
    return !class_is_learned(id) && class_has_slabs(id) && !depot_was_used(id) &&
           !homes_is_front(id);
}

void stats_read_depots(unsigned class_id, hak_depot_figures_t *depot, size_t *in_threads) {
    *depot = (hak_depot_figures_t){0};
    *in_threads = 0;
    for (unsigned id = class_id; id != HAK_CLASS_NONE; id = homes_next(id)) {
        if (was_never_used(id)) {
            depot->block_bytes = hak_classes[id].block_bytes;
            depot->pool = hak_classes[id].pool;
            continue;
        }
        depot_add_figures(id, depot);
        *in_threads += cache_count(id);
    }
}

size_t stats_requested_bytes(const hak_depot_figures_t *depot, size_t live_blocks) {
    size_t mean = depot->sampled_requests == 0
                      ? depot->block_bytes
                      : (size_t)(depot->sampled_bytes / depot->sampled_requests) - harden_room();
    return live_blocks * hak_min(mean, depot->block_bytes);
}

void stats_read_class(unsigned class_id, hak_class_figures_t *out) {
    hak_depot_figures_t depot;
    size_t in_threads;
    stats_read_depots(class_id, &depot, &in_threads);
    size_t in_magazines = in_threads + depot.magazine_blocks + harden_idle_blocks(class_id);
    size_t taken = depot.blocks - depot.free_blocks;
    size_t live = taken > in_magazines ? taken - in_magazines : 0;
    *out = (hak_class_figures_t){
        .block_bytes = depot.block_bytes,
        .pool = depot.pool,
        .live_blocks = live,
        .live_bytes = live * depot.block_bytes,
        .requested_bytes = stats_requested_bytes(&depot, live),
        .cached_bytes = (in_magazines + depot.warm_blocks) * depot.block_bytes,
    };
}

/* A learnt class may be another pool's. */
static void add_class(unsigned class_id, hak_pool_id_t pool, hak_pool_figures_t *sum) {
    hak_class_figures_t figures;
    stats_read_class(class_id, &figures);
    if (figures.pool == pool) {
        sum->live_bytes += figures.live_bytes;
        sum->requested_bytes += figures.requested_bytes;
        sum->cached_bytes += figures.cached_bytes;
    }
}

void stats_read_pool(hak_pool_id_t pool, hak_pool_figures_t *out) {
    *out = (hak_pool_figures_t){.used_bytes = pool_used(pool)};
    if (pool == POOL_DIRECT || pool == POOL_BIG) {
        out->live_bytes = out->used_bytes - hak_min(harden_idle_bytes(pool), out->used_bytes);
        out->requested_bytes = exact_requested_bytes(pool);
        return;
    }
    unsigned first = hak_pools[pool].first;
    for (unsigned id = first; first != 0 && id <= hak_pools[pool].last; id++) {
        add_class(id, pool, out);
    }
    for (unsigned id = hak_class_learned; id < hak_class_end; id++) {
        add_class(id, pool, out);
    }
}

void stats_read_memory_beside_pools(hak_memory_t *out) {
    hak_heap_figures_t heap;
    size_t maps_bytes = window_map_bytes() + harden_flag_bytes(), beside = beside_bytes();
    heap_read(&heap);
    *out = (hak_memory_t){
        .live_bytes = beside,
        .requested_bytes = beside,
        .cached_bytes = heap.dirty_bytes,
        .metadata_bytes = meta_used_bytes() + maps_bytes,
        .mapped_bytes = window_mapped_bytes() + meta_mapped_bytes() + maps_bytes + beside,
        .purged_bytes = heap.purged_bytes,
    };
}

void stats_read_memory(hak_memory_t *out) {
    stats_read_memory_beside_pools(out);
    for (hak_pool_id_t pool = POOL_TINY; pool < POOL_COUNT; pool++) {
        hak_pool_figures_t figures;
        stats_read_pool(pool, &figures);
        out->live_bytes += figures.live_bytes;
        out->requested_bytes += figures.requested_bytes;
        out->cached_bytes += figures.cached_bytes;
    }
}

/* Free blocks of a class; returns the bytes of all its blocks. */
static size_t add_free_blocks(unsigned class_id, hak_parts_t *sum) {
    hak_depot_figures_t depot;
    size_t in_threads;
    stats_read_depots(class_id, &depot, &in_threads);
    sum->magazine_bytes += in_threads * depot.block_bytes;
    sum->depot_bytes += depot.magazine_blocks * depot.block_bytes;
    sum->quarantine_bytes += harden_idle_blocks(class_id) * depot.block_bytes;
    sum->warm_bytes += depot.warm_blocks * depot.block_bytes;
    sum->cold_bytes += (depot.free_blocks - depot.warm_blocks) * depot.block_bytes;
    return depot.blocks * depot.block_bytes;
}

static size_t add_free_blocks_of_pool(hak_pool_id_t pool, hak_parts_t *sum) {
    size_t bytes = 0;
    unsigned first = hak_pools[pool].first;
    for (unsigned id = first; first != 0 && id <= hak_pools[pool].last; id++) {
        bytes += add_free_blocks(id, sum);
    }
    return bytes;
}

/* While other threads work, what is read first may have grown since. */
static size_t rest_of(size_t whole, size_t parts) {
    return whole - hak_min(parts, whole);
}

void stats_read_parts(hak_parts_t *out) {
    hak_heap_figures_t heap;
    heap_read(&heap);
    *out = (hak_parts_t){.dirty_bytes = heap.dirty_bytes};
    size_t in_blocks = 0, in_pools = 0;
    for (hak_pool_id_t pool = POOL_TINY; pool < POOL_DIRECT; pool++) {
        in_blocks += add_free_blocks_of_pool(pool, out);
        in_pools += pool_used(pool);
    }
    for (unsigned id = hak_class_learned; id < hak_class_end; id++) {
        in_blocks += add_free_blocks(id, out);
    }
    out->tail_bytes = rest_of(in_pools, in_blocks);
    in_pools += pool_used(POOL_DIRECT) + pool_used(POOL_BIG);
    out->overhang_bytes = rest_of(heap.used_bytes, in_pools);
}

static uint64_t total_of(hak_ace_reason_t reason) {
    uint64_t total = 0;
    for (unsigned id = 0; id < HAK_CLASS_COUNT; id++) {
        total += ace_failure_count(reason, id).count;
    }
    return total;
}

void stats_read_totals(hak_ace_totals_t *out) {
    out->threshold = total_of(ACE_THRESHOLD);
    out->exhaustion = total_of(ACE_EXHAUSTION);
    out->mapfail = total_of(ACE_MAPFAIL);
}
