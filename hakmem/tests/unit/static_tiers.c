/*
 * static_tiers.c - the tiers' built-in classes: which sizes there are, and how their slabs are cut;
 * that a block which is only tried for is no failure; and what a Large block counts for in its pool
 * and in what its thread has taken, when it is resized where it lies.
 *
 * White box: linked with objects.a; starts itself again with other options.
 *
 * Where the system's page is 4 KiB.
 */
#include "again.h"
#include "cache/thread_cache.h"
#include "hakmem_tiers.h"
#include "report/ace_failure.h"
#include "slab/slab.h"
#include "test.h"

#include <string.h>

/* Slabs of a class have between so many pages. */
typedef struct range {
    unsigned least, most;
} range_t;

/* The sizes that follow each other, and the pool's last. */
static unsigned expect_sizes(hak_pool_id_t pool, unsigned id, size_t from, size_t to, size_t step) {
    CHECK(hak_pools[pool].first <= id && id + (to - from) / step - 1 <= hak_pools[pool].last);
    for (size_t bytes = from + step; bytes <= to; bytes += step, id++) {
        CHECK_MSG(hak_classes[id].pool == pool && hak_classes[id].block_bytes == bytes,
                  "class %u is of %u bytes, not %zu", id, hak_classes[id].block_bytes, bytes);
    }
    return id;
}

/* Eight in each doubling. */
static unsigned expect_doublings(hak_pool_id_t pool, unsigned id, size_t from, size_t to) {
    for (; from < to; from *= 2) {
        size_t end = from * 2 < to ? from * 2 : to;
        id = expect_sizes(pool, id, from, end, from / 8);
    }
    CHECK_EQ(hak_pools[pool].last, id - 1);
    return id;
}

/* Of the spans that may be, the one with the smallest share behind its last block. */
static void expect_slab(const hak_class_t *cls, range_t range) {
    size_t best = cls->slab_pages, bytes = cls->block_bytes;
    CHECK_MSG(best >= range.least && best <= range.most, "%zu pages for %zu bytes", best, bytes);
    for (size_t pages = range.least; pages <= range.most; pages++) {
        size_t tail = pages * 4096 % bytes, best_tail = best * 4096 % bytes;
        CHECK_MSG(tail * best >= best_tail * pages, "%zu pages for %zu bytes: %zu are better", best,
                  bytes, pages);
    }
}

/* What a magazine, and what a depot holds at most, in blocks. */
static void expect_caching(const hak_class_t *cls, size_t magazine_bytes, size_t depot_bytes) {
    CHECK_EQ(cls->magazine_blocks, hak_min(magazine_bytes / cls->block_bytes, MAGAZINE_MAX_BLOCKS));
    CHECK_EQ(cls->depot_blocks, hak_min(depot_bytes / cls->block_bytes, UINT16_MAX));
}

static void check_tiny(void) {
    unsigned id = expect_sizes(POOL_TINY, hak_pools[POOL_TINY].first, 0, 256, 16);
    CHECK_EQ(expect_doublings(POOL_TINY, id, 256, 1024), class_for(POOL_TINY, 1024) + 1);
    for (id = hak_pools[POOL_TINY].first; id <= hak_pools[POOL_TINY].last; id++) {
        const hak_class_t *cls = &hak_classes[id];
        unsigned most = cls->block_bytes < 64 ? cls->block_bytes / 4 : 16; /* 1024 blocks */
        expect_slab(cls, (range_t){most * 3 / 4, most});
        CHECK_EQ(cls->purges_blocks, cls->slab_pages > span_unit_pages());
        CHECK_EQ(cls->depot_few, 256 * KIB / cls->block_bytes);
        expect_caching(cls, 64 * KIB, MIB);
    }
}

static void check_mid(unsigned first, size_t from) {
    CHECK_EQ(hak_pools[POOL_MID].first, first);
    expect_doublings(POOL_MID, first, from, 56 * KIB);
    for (unsigned id = first; id <= hak_pools[POOL_MID].last; id++) {
        size_t eight = (8 * (size_t)hak_classes[id].block_bytes + 4095) / 4096;
        unsigned least = eight < 16 ? 16 : (unsigned)eight;
        expect_slab(&hak_classes[id], (range_t){least, least * 2 < 160 ? least * 2 : 160});
        CHECK(hak_classes[id].purges_blocks && hak_classes[id].slab_blocks >= 8);
        expect_caching(&hak_classes[id], MIB, 16 * MIB);
    }
}

static void check_smallmid(unsigned first) {
    CHECK_EQ(hak_pools[POOL_SMALLMID].first, first);
    unsigned id = expect_sizes(POOL_SMALLMID, first, KIB, 2 * KIB, 128);
    id = expect_sizes(POOL_SMALLMID, id, 2 * KIB, 4 * KIB, 256);
    id = expect_sizes(POOL_SMALLMID, id, 4 * KIB, 4368, 272); /* a page and SQLite's header */
    CHECK_MSG(hak_classes[id - 1].slab_pages == 16 && hak_classes[id - 1].slab_blocks == 15,
              "%u in %u pages", hak_classes[id - 1].slab_blocks, hak_classes[id - 1].slab_pages);
    id = expect_sizes(POOL_SMALLMID, id, 4 * KIB, 8 * KIB, 512);
    CHECK_EQ(hak_pools[POOL_SMALLMID].last, id - 1);
    for (id = first; id <= hak_pools[POOL_SMALLMID].last; id++) {
        expect_slab(&hak_classes[id], (range_t){16, 24});
        CHECK(hak_classes[id].purges_blocks);
        expect_caching(&hak_classes[id], 128 * KIB, MIB);
    }
}

/* Blocks that are spans; these wait to be merged, and no thread keeps any. */
static void check_large(void) {
    unsigned first = hak_pools[POOL_LARGE].first;
    CHECK_EQ(hak_classes[first].block_bytes, 64 * KIB);
    expect_doublings(POOL_LARGE, first + 1, 64 * KIB, 2 * MIB);
    for (unsigned id = first; id <= hak_pools[POOL_LARGE].last; id++) {
        CHECK_EQ(hak_classes[id].slab_pages, 0);
        CHECK_EQ(hak_classes[id].magazine_blocks, 0);
    }
}

/* With a smallmid tier, and without: then the mid pool serves its sizes. */
static void check_classes(bool has_smallmid) {
    unsigned next = hak_pools[POOL_TINY].last + 1;
    check_tiny();
    if (has_smallmid) {
        check_smallmid(next);
        check_mid(hak_pools[POOL_SMALLMID].last + 1, 8 * KIB);
    } else {
        CHECK_EQ(hak_pools[POOL_SMALLMID].first, 0);
        check_mid(next, 1024);
    }
    check_large();
}

/* Neither the cap nor anything else that stands against it is a failure; a slab is added. */
static void check_try(void) {
    unsigned id = class_for(POOL_MID, 40000);
    hak_pool_t *pool = &hak_pools[POOL_MID];
    size_t cap_bytes = pool->cap_bytes;
    pool->cap_bytes = pool_used(POOL_MID);
    CHECK(tier_try(id, 40000) == NULL);
    CHECK_EQ(ace_failure_count(ACE_EXHAUSTION, id).count, 0);
    void *block;
    CHECK_EQ(tier_grow(id, 40000, &block), POOL_EXHAUSTED);
    CHECK(block == NULL && ace_failure_count(ACE_EXHAUSTION, id).count == 1);
    pool->cap_bytes = cap_bytes;
    block = tier_try(id, 40000);
    CHECK(block != NULL && pool_used(POOL_MID) > 0);
    free(block);
}

static char *resize_large(char *block, size_t bytes, size_t was_of_pool) {
    size_t before = class_block_bytes(class_for(POOL_LARGE, was_of_pool), 0);
    size_t used = pool_used(POOL_LARGE);
    hak_tls.outflow_bytes = 0;
    char *resized = realloc(block, bytes);
    CHECK_MSG(resized == block && block[1] == 7, "to %zu bytes", bytes);
    bool is_large = bytes <= 2 * MIB;
    size_t now = is_large ? class_block_bytes(class_for(POOL_LARGE, bytes), 0) : 0;
    size_t flows = is_large ? now : span_of(resized)->pages * 4096;
    CHECK_EQ(pool_used(POOL_LARGE), used - before + now);
    CHECK_EQ((size_t)hak_tls.outflow_bytes, before - flows);
    return resized;
}

static char *large(size_t bytes) {
    char *block = malloc(bytes);
    CHECK(block);
    block[1] = 7;
    return block;
}

static void check_resize(void) {
    char *block = resize_large(large(1000 * KIB), 1400 * KIB, 1000 * KIB);
    block = resize_large(block, 700 * KIB, 1400 * KIB);
    free(block);
    block = resize_large(large(2 * MIB), 2 * MIB + 1, 2 * MIB);
    free(block);
}

/* Where another block lies behind it a block that grows is moved; it counts once in the pool. */
static void check_blocked_growth(void) {
    enum { BLOCKS = 4 };
    char *blocks[BLOCKS];
    size_t before = pool_used(POOL_LARGE), moved = 0;
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = large(300 * KIB);
    }
    for (int i = 0; i < BLOCKS; i++) {
        char *grown = realloc(blocks[i], 400 * KIB);
        CHECK(grown && grown[1] == 7);
        moved += grown != blocks[i];
        blocks[i] = grown;
        size_t sum = 0;
        for (int j = 0; j < BLOCKS; j++) {
            sum += hak_classes[span_of_block(blocks[j])->class_id].block_bytes;
        }
        CHECK_EQ(pool_used(POOL_LARGE), before + sum);
    }
    CHECK_MSG(moved > 0, "%zu blocks moved", moved);
    for (int i = 0; i < BLOCKS; i++) {
        free(blocks[i]);
    }
    CHECK_EQ(pool_used(POOL_LARGE), before);
}

int main(int argc, char **argv) {
    free(malloc(1));
    if (argc > 1) {
        check_classes(argv[1][0] == 'y');
        return 0;
    }
    run_again("yes", NULL);
    run_again("no", "HAKMEM_SMALLMID_ENABLE=0");
    check_try();
    check_resize();
    check_blocked_growth();
    return 0;
}
