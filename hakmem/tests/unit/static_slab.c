/*
 * static_slab.c - slabs and depots of one class: what is taken is apart and was free, the fullest
 * slab goes first and warm before cold, a slab made of dirty memory is warm, an empty slab goes
 * back at once, free blocks are purged and live ones keep what they hold; a slab without a record
 * is none, and costs nothing; full magazines are bounded, and the idle ones go back. The figures
 * are right at each step.
 *
 * White box: linked with objects.a; of classes that nothing else here uses.
 *
 * Where the system's page is 4 KiB.
 */
#include "slab/slab.h"
#include "span/meta.h"
#include "span/span_store.h"
#include "test.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

enum { MOST = 512, BLOCK_BYTES = 5632 };

static unsigned id; /* of the class */
static void *blocks[MOST];

static hak_depot_figures_t figures(void) {
    hak_depot_figures_t read;
    depot_read(id, &read);
    return read;
}

static void expect_figures(size_t slabs, size_t free_blocks, size_t warm, int line) {
    hak_depot_figures_t now = figures();
    size_t all = slabs * hak_classes[id].slab_blocks;
    CHECK_MSG(now.slabs == slabs && now.blocks == all && now.free_blocks == free_blocks &&
                  now.warm_blocks == warm,
              "line %d: %zu slabs, %zu blocks, %zu free, %zu warm; expected %zu, "
              "%zu, %zu, %zu",
              line, now.slabs, now.blocks, now.free_blocks, now.warm_blocks, slabs, all,
              free_blocks, warm);
    CHECK_EQ(depot_has_warm(id), warm > 0);
}

static void grow(size_t slabs) {
    hak_map_failure_t failure;
    for (size_t i = 0; i < slabs; i++) {
        CHECK_EQ(slab_grow(id, &failure), GROW_DONE);
    }
}

static int by_address(const void *left, const void *right) {
    uintptr_t a = (uintptr_t) * (void *const *)left, b = (uintptr_t) * (void *const *)right;
    return a < b ? -1 : a > b;
}

/* All blocks are taken: in the order of their slabs each block once. */
static void take_all(size_t slabs) {
    unsigned count = (unsigned)slabs * hak_classes[id].slab_blocks;
    unsigned warm = (unsigned)figures().warm_blocks;
    CHECK_EQ(slab_take(id, blocks, MOST, SLAB_WARM_ONLY), warm);
    CHECK_EQ(slab_take(id, blocks + warm, 1, SLAB_ANY), warm < count);
    CHECK_EQ(slab_take(id, blocks + warm + 1, MOST - warm - 1, SLAB_ANY),
             warm < count ? count - warm - 1 : 0);
    qsort(blocks, count, sizeof blocks[0], by_address);
    for (unsigned i = 0; i < count; i++) {
        const hak_span_t *slab = span_of(blocks[i]);
        CHECK(slab != NULL && slab->is_slab && slab->class_id == id);
        CHECK_EQ(slab_block_index(slab, blocks[i]), i % hak_classes[id].slab_blocks);
        memset(blocks[i], (int)i, BLOCK_BYTES);
    }
    expect_figures(slabs, 0, 0, __LINE__);
}

static void expect_contents(unsigned i) {
    const unsigned char *block = blocks[i];
    CHECK_MSG(block[0] == (unsigned char)i && memcmp(block, block + 1, BLOCK_BYTES - 1) == 0,
              "block %u", i);
}

/* Of the first of two slabs one block is free, of the second three. */
static void check_fullest_first(unsigned in_slab) {
    void *again[5];
    slab_give(id, &blocks[0], 1);
    slab_give(id, &blocks[in_slab], 3);
    for (unsigned i = in_slab + 3; i < 2 * in_slab - 1; i++) {
        slab_give(id, &blocks[i], 1);
    }
    expect_figures(2, in_slab, in_slab, __LINE__);
    CHECK_EQ(slab_take(id, again, 2, SLAB_WARM_ONLY), 2);
    CHECK(again[0] == blocks[0] && again[1] == blocks[in_slab]);
    slab_give(id, again, 2);
    /* the last of the second slab: it goes back, with all that is free in it */
    slab_give(id, &blocks[2 * in_slab - 1], 1);
    expect_figures(1, 1, 1, __LINE__);
    CHECK_EQ(slab_take(id, again, 5, SLAB_ANY), 1);
    CHECK(again[0] == blocks[0]);
}

static void expect_filed(const hak_span_t *slab, int cold) {
    int list = (slab->free_blocks - 1) * SLAB_FULLNESS / slab->blocks + cold;
    CHECK_MSG(slab->list == list, "%u of %u blocks free: list %d, expected %d", slab->free_blocks,
              slab->blocks, slab->list, list);
}

/* However its blocks come and go, a slab is where its fullness says; all of this one are taken, and
 * are so again. */
static void check_filing(unsigned in_slab) {
    void *again[MOST];
    const hak_span_t *slab = span_of(blocks[0]);
    for (unsigned step = 1; step <= 3; step++) {
        CHECK_EQ(slab->list, -1);
        for (unsigned i = 0; i + step < in_slab; i += step) {
            slab_give(id, &blocks[i], step);
            expect_filed(slab, 0);
        }
        while (slab->free_blocks > 1) {
            CHECK_EQ(slab_take(id, again, 1, SLAB_ANY), 1);
            expect_filed(slab, 0);
        }
        CHECK_EQ(slab_take(id, again, 1, SLAB_ANY), 1);
    }
    slab_give(id, blocks, in_slab / 2);
    CHECK(slab_purge_blocks(id, LEAST_ALL) > 0);
    unsigned warm = (unsigned)figures().warm_blocks; /* of a page that a live block shares */
    expect_filed(slab, warm == 0 ? SLAB_FULLNESS : 0);
    slab_give(id, &blocks[in_slab / 2], 1);
    expect_filed(slab, 0);
    CHECK_EQ(slab_take(id, again, MOST, SLAB_ANY), in_slab / 2 + 1);
}

/* Two runs of free blocks between live ones: their whole pages go back. */
static void check_purge(unsigned in_slab) {
    void *again[MOST];
    for (unsigned i = 0; i < in_slab; i++) {
        memset(blocks[i], (int)i, BLOCK_BYTES);
    }
    slab_give(id, &blocks[1], 3);
    slab_give(id, &blocks[5], 1);
    CHECK_EQ(slab_purge_blocks(id, LEAST_PARTS), 0); /* not free for all of the time */
    expect_figures(1, 4, 4, __LINE__);
    size_t purged = slab_purge_blocks(id, LEAST_PARTS);
    CHECK_MSG(purged >= 3 * BLOCK_BYTES - 8192 && purged <= 4 * BLOCK_BYTES, "%zu", purged);
    expect_figures(1, 4, 0, __LINE__);
    CHECK_EQ(slab_purge_blocks(id, LEAST_ALL), 0);
    for (unsigned i = 0; i < in_slab; i++) {
        if (i == 0 || i == 4 || i > 5) {
            expect_contents(i);
        }
    }
    CHECK(((unsigned char *)blocks[2])[BLOCK_BYTES / 2] == 0);
    slab_give(id, &blocks[4], 1); /* the pages that it shared with its neighbours go, too */
    purged = slab_purge_blocks(id, LEAST_ALL);
    CHECK_MSG(purged >= BLOCK_BYTES, "%zu", purged);
    CHECK_EQ(slab_take(id, again, MOST, SLAB_WARM_ONLY), 0);
    CHECK_EQ(slab_take(id, again, MOST, SLAB_ANY), 5);
    expect_figures(1, 0, 0, __LINE__);
    for (unsigned i = 6; i < in_slab; i++) {
        expect_contents(i);
    }
    slab_give(id, again, 5);
}

/* A slab made of memory that an earlier one left is warm, and goes back like any that is idle. */
static void check_made_of_dirty(unsigned in_slab) {
    CHECK(heap_has_dirty(hak_classes[id].slab_pages));
    grow(1);
    expect_figures(1, in_slab, in_slab, __LINE__);
    CHECK_EQ(slab_take(id, blocks, 1, SLAB_WARM_ONLY), 1);
    size_t purged = slab_purge_blocks(id, LEAST_ALL);
    CHECK_MSG(purged >= (in_slab - 2) * (size_t)BLOCK_BYTES, "%zu bytes", purged);
    expect_figures(1, in_slab - 1, 0, __LINE__);
    slab_give(id, blocks, 1);
}

static hak_span_t *span_alloc(size_t pages) {
    hak_map_failure_t failure;
    hak_span_request_t request = {.pages = pages, .align_pages = 1, .class_id = HAK_CLASS_DIRECT};
    hak_span_t *span = heap_alloc(&request, &failure);
    CHECK(span != NULL);
    return span;
}

/* Of all dirty memory there is a span of so many pages; how many a new slab has. */
static size_t pages_beside(size_t dirty_pages) {
    heap_purge_to(0);
    size_t unit = span_unit_pages(), of_pool = pool_used(POOL_SMALLMID);
    hak_span_t *before = span_alloc(unit), *left = span_alloc(dirty_pages),
               *after = span_alloc(unit);
    heap_free(left);
    grow(1);
    size_t bytes = pool_used(POOL_SMALLMID) - of_pool, blocks_of_it = figures().blocks;
    CHECK_MSG(blocks_of_it == bytes / BLOCK_BYTES, "%zu blocks in %zu bytes", blocks_of_it, bytes);
    CHECK_EQ(figures().warm_blocks, heap_has_dirty(1) ? 0 : blocks_of_it); /* of clean memory */
    CHECK_EQ(slab_take(id, blocks, MOST, SLAB_ANY), blocks_of_it);
    slab_give(id, blocks, (unsigned)blocks_of_it);
    CHECK_EQ(pool_used(POOL_SMALLMID), of_pool);
    heap_free(before);
    heap_free(after);
    return bytes >> HAK_PAGE_SHIFT;
}

/* A dirty span that is shorter than the slabs of the class becomes one, rather than clean memory;
 * of fewer than eight blocks it does not. */
static void check_shorter(void) {
    size_t pages = hak_classes[id].slab_pages, unit = span_unit_pages();
    size_t eight = span_pages_for(8 * (size_t)BLOCK_BYTES);
    CHECK_EQ(pages_beside(pages - unit), pages - unit >= eight ? pages - unit : pages);
    CHECK_EQ(pages_beside(eight), eight);
    CHECK(eight == unit || pages_beside(eight - unit) == pages);
    heap_purge_to(0);
}

static hak_magazine_t *full_magazine(unsigned from, unsigned count) {
    hak_magazine_t *magazine = depot_take_empty(id, NULL);
    CHECK(magazine != NULL);
    memcpy(magazine_reset(magazine, count), &blocks[from], count * sizeof blocks[0]);
    magazine->count = count;
    return magazine;
}

/* Magazines of four, of every other block, so that no slab is empty, until one is too many. The
 * depot keeps an eighth as many as are in use beside them, a ninth of all, and a magazine more. */
static void check_magazines(size_t slabs) {
    unsigned all = (unsigned)slabs * hak_classes[id].slab_blocks, given = 0, kept = 0;
    for (unsigned i = 0; i < all / 2; i++) {
        blocks[i] = blocks[2 * i];
    }
    for (; given + 4 <= all / 6; given += 4) {
        hak_magazine_t *empty = depot_take_empty(id, full_magazine(given, 4));
        CHECK(empty != NULL);
        empty->count = 0;
        depot_put(id, &empty, 1);
    }
    kept = (unsigned)figures().magazine_blocks;
    CHECK_MSG(kept > all / 9 && kept <= all / 9 + 4, "%u of %u blocks in magazines", kept, all);
    CHECK_EQ(figures().free_blocks, given - kept);
    size_t cold_blocks;
    CHECK_EQ(depot_idle_blocks(id, &cold_blocks), given);
    CHECK_EQ(cold_blocks, figures().free_blocks - figures().warm_blocks);
    CHECK(depot_has_full(id) && depot_was_used(id));
    depot_trim(id, LEAST_PARTS); /* a new interval begins */
    CHECK_EQ(figures().magazine_blocks, kept);
    hak_magazine_t *full = depot_take_full(id, NULL);
    CHECK(full != NULL && full->count == 4 && magazine_top(full)[-1] != NULL);
    CHECK_EQ(figures().magazine_blocks, kept - 4);
    depot_put(id, &full, 1);
    depot_trim(id, LEAST_PARTS); /* all but the one that was needed go back */
    CHECK_EQ(figures().magazine_blocks, 4);
    CHECK_EQ(figures().free_blocks, given - 4);
    hak_magazine_t *empty = depot_take_empty(id, NULL);
    full = depot_take_full(id, empty);
    CHECK(full != NULL && depot_take_empty(id, NULL) == empty); /* which was kept meanwhile */
    depot_put(id, &full, 1);
    depot_trim(id, LEAST_ALL);
    CHECK(!depot_has_full(id) && depot_take_full(id, NULL) == NULL);
    CHECK_EQ(figures().free_blocks, given);
}

static void allow_address_space(bool any) {
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_AS, &limit) == 0);
    limit.rlim_cur = any ? limit.rlim_max : 1;
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
}

/* Pages are there, but no record of a slab: they go back, and count for nothing. */
static void check_no_record(void) {
    size_t used = heap_used_hint(), of_pool = pool_used(POOL_SMALLMID);
    void *of_span = meta_alloc(sizeof(hak_span_t)), *records = NULL, *record;
    CHECK(of_span != NULL && heap_has_dirty(hak_classes[id].slab_pages));
    allow_address_space(false);
    while ((record = meta_alloc(64)) != NULL) {
        *(void **)record = records;
        records = record;
    }
    meta_free(of_span, sizeof(hak_span_t));
    hak_map_failure_t failure = {0};
    hak_grow_t grown = slab_grow(id, &failure);
    allow_address_space(true);
    CHECK_EQ(grown, GROW_REFUSED);
    CHECK(failure.bytes == 4096 && failure.error == ENOMEM);
    CHECK_EQ(heap_used_hint(), used);
    CHECK_EQ(pool_used(POOL_SMALLMID), of_pool);
    for (; records != NULL; records = record) {
        record = *(void **)records;
        meta_free(records, 64);
    }
    grow(1);
    CHECK(heap_used_hint() > used);
    take_all(1);
    slab_give(id, blocks, hak_classes[id].slab_blocks);
    CHECK_EQ(heap_used_hint(), used);
}

int main(void) {
    free(malloc(1));
    id = class_for(POOL_SMALLMID, BLOCK_BYTES);
    CHECK_EQ(hak_classes[id].block_bytes, BLOCK_BYTES);
    unsigned in_slab = hak_classes[id].slab_blocks;
    CHECK_MSG(in_slab > 8 && 8 * in_slab <= MOST && hak_classes[id].purges_blocks, "%u", in_slab);
    size_t records = meta_used_bytes();
    grow(2);
    expect_figures(2, 2 * in_slab, 0, __LINE__);
    take_all(2);
    check_fullest_first(in_slab);
    check_filing(in_slab);
    check_purge(in_slab);
    slab_give(id, blocks, 1);
    slab_give(id, &blocks[6], in_slab - 6);
    expect_figures(0, 0, 0, __LINE__);
    check_made_of_dirty(in_slab);
    check_shorter();
    for (int i = 0; i < 20; i++) {
        grow(1);
        take_all(1);
        slab_give(id, blocks, in_slab);
    }
    /* the span that is free may need one, and some are kept */
    size_t most = records + 256 + STORE_SPARES * hak_round_up(sizeof(hak_span_t), 64);
    CHECK_MSG(meta_used_bytes() <= most, "%zu bytes of records, then %zu", records,
              meta_used_bytes());
    if (getenv("HAK_TEST_RUNNER") == NULL) { /* qemu has no RLIMIT_AS */
        check_no_record();
    }
    grow(8);
    take_all(8);
    check_magazines(8);
    return 0;
}
