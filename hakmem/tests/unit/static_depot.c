/*
 * static_depot.c - how many full magazines a class's depot keeps: an eighth of the blocks in use
 * beside them, and a magazine more; of a few blocks up to half of all, where the class allows it;
 * never more than the class allows at all. What is beyond that goes back into the slabs, and the
 * magazine comes back empty. What was not needed since the last trim goes, no more. What the slabs
 * gave again within an interval is kept the next time, until it lies idle. What was used is known.
 *
 * White box: linked with objects.a; of a class that nothing else here uses.
 */
#include "slab/slab.h"
#include "test.h"

#include <string.h>

enum { BLOCK_BYTES = 5632, MOST = 1024, EACH = 4 };

static unsigned id;
static void *blocks[MOST];
static unsigned count;

static hak_depot_figures_t figures(void) {
    hak_depot_figures_t read;
    depot_read(id, &read);
    return read;
}

/* Hands all blocks in, in full magazines; how many are kept in such. */
static size_t hand_in(void) {
    size_t kept = 0;
    for (unsigned i = 0; i + EACH <= count; i += EACH) {
        hak_magazine_t *full = depot_take_empty(id, NULL);
        CHECK(full != NULL);
        memcpy(magazine_reset(full, EACH), &blocks[i], EACH * sizeof blocks[0]);
        full->count = EACH;
        hak_magazine_t *empty = depot_take_empty(id, full);
        CHECK(empty != NULL && empty->count == 0);
        bool is_kept = empty != full;
        CHECK_MSG(!is_kept || kept == i, "magazine %u is kept, %zu blocks were", i / EACH, kept);
        kept += is_kept ? EACH : 0;
        CHECK_EQ(figures().magazine_blocks, kept);
        CHECK_EQ(figures().free_blocks, i + EACH - kept);
        size_t cold_blocks;
        CHECK_EQ(depot_idle_blocks(id, &cold_blocks), i + EACH);
        CHECK(cold_blocks <= figures().free_blocks);
        depot_put(id, &empty, 1);
    }
    return kept;
}

/* Takes all blocks of so many new slabs, and of each slab one for `owned`. */
static void take_all(size_t slabs, void **owned) {
    hak_map_failure_t failure;
    unsigned in_slab = hak_classes[id].slab_blocks;
    for (size_t i = 0; i < slabs; i++) {
        CHECK_EQ(slab_grow(id, &failure), GROW_DONE);
        CHECK_EQ(slab_take(id, &owned[i], 1, SLAB_ANY), 1);
        count = slab_take(id, &blocks[i * (in_slab - 1)], in_slab, SLAB_ANY);
        CHECK_EQ(count, in_slab - 1);
    }
    count = (unsigned)slabs * (in_slab - 1);
    CHECK_EQ(figures().blocks, slabs * in_slab);
}

/* Gives back what was not in a whole magazine, and what is owned. */
static void give_rest(size_t slabs, void **owned) {
    unsigned rest = (unsigned)slabs * (hak_classes[id].slab_blocks - 1u) - count;
    slab_give(id, &blocks[count], rest);
    slab_give(id, owned, (unsigned)slabs);
    CHECK_EQ(figures().blocks, 0);
}

/* With so many blocks in slabs, one of each slab in use, the depot keeps `most` and a magazine. */
static void check_bound(size_t slabs, unsigned few, unsigned at_most, size_t most) {
    void *owned[MOST];
    hak_classes[id].depot_few = (uint16_t)few;
    hak_classes[id].depot_blocks = (uint16_t)at_most;
    take_all(slabs, owned);
    CHECK_MSG(count >= most + 2 * EACH, "%u blocks, bound %zu", count, most);
    size_t kept = hand_in(), want = most / EACH * EACH + EACH;
    CHECK_MSG(kept == want, "%zu slabs, few %u, most %u: %zu blocks are kept, expected %zu", slabs,
              few, at_most, kept, want);
    depot_trim(id, LEAST_ALL);
    CHECK_EQ(figures().magazine_blocks, 0);
    count -= count % EACH; /* the others are still taken */
    give_rest(slabs, owned);
}

/* Takes again what was handed in: what is in magazines, then the rest. */
static void take_again(void) {
    unsigned taken = 0;
    hak_magazine_t *full = NULL;
    while ((full = depot_take_full(id, full)) != NULL) {
        memcpy(&blocks[taken], magazine_slot(full, full->bottom), EACH * sizeof blocks[0]);
        taken += EACH;
        full->count = 0;
    }
    CHECK_EQ(slab_take(id, &blocks[taken], count - taken, SLAB_ANY), count - taken);
}

/* What the slabs gave again within an interval is kept from then on, up to `at_most` (and a
 * magazine), until it was idle. */
static void check_swings(size_t slabs, unsigned at_most) {
    void *owned[MOST];
    hak_classes[id].depot_few = 0;
    hak_classes[id].depot_blocks = (uint16_t)at_most;
    take_all(slabs, owned);
    count -= count % EACH;
    size_t at_first = hand_in();
    CHECK_MSG(at_first < count / 4, "%zu of %u blocks are kept at first", at_first, count);
    depot_trim(id, 1); /* a part of the interval */
    take_again();
    size_t again = count - at_first, want = again < at_most ? again / EACH * EACH : at_most;
    size_t kept = hand_in();
    CHECK_MSG(kept >= want && kept <= want + EACH, "%zu blocks are kept, expected %zu", kept, want);
    depot_trim(id, LEAST_ALL);
    CHECK_EQ(figures().magazine_blocks, 0);
    take_again();
    kept = hand_in();
    CHECK_MSG(kept == at_first, "%zu blocks are kept, which were idle: %zu at first", kept,
              at_first);
    depot_trim(id, LEAST_ALL);
    give_rest(slabs, owned);
}

/* Each class that has blocks is found, in turn, and no other. */
static void check_used(void) {
    unsigned next = depot_next_used(0);
    for (unsigned each = 0; each < HAK_CLASS_COUNT; each++) {
        hak_depot_figures_t read;
        depot_read(each, &read);
        CHECK_EQ(depot_was_used(each), each == next);
        CHECK(read.slabs == 0 || each == next);
        next = each == next ? depot_next_used(each + 1) : next;
    }
    CHECK_EQ(next, HAK_CLASS_COUNT);
    CHECK(depot_was_used(id));
}

int main(void) {
    free(malloc(1));
    id = class_for(POOL_SMALLMID, BLOCK_BYTES);
    size_t in_slab = hak_classes[id].slab_blocks;
    CHECK_MSG(hak_classes[id].block_bytes == BLOCK_BYTES && in_slab >= 10, "%zu", in_slab);
    CHECK(!depot_was_used(id) && depot_next_used(id) != id);
    check_bound(32, 0, 1000, 32 * in_slab / 9);
    check_used();
    check_bound(32, 0, 13, 13);
    check_bound(32, 1, 1000, 32 * in_slab / 9);
    check_bound(16, 60, 1000, 60);
    check_bound(4, 1000, 1000, 4 * in_slab / 2);
    check_bound(32, 1000, 70, 70);
    check_swings(32, 1000);
    check_swings(32, 128);
    return 0;
}
