/*
 * static_depot.c - how many full magazines a class's depot keeps: an eighth of the blocks in use
 * beside them, and a magazine more; of a few blocks up to half of all, where the class allows it;
 * never more than the class allows at all. What is beyond that goes back into the slabs, and the
 * magazine comes back empty. What was not needed since the last trim goes, no more.
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

/* With so many blocks in slabs, one of each slab in use, the depot keeps `most` and a magazine. */
static void check_bound(size_t slabs, unsigned few, unsigned at_most, size_t most) {
    hak_map_failure_t failure;
    void *owned[MOST];
    unsigned in_slab = hak_classes[id].slab_blocks;
    hak_classes[id].depot_few = (uint16_t)few;
    hak_classes[id].depot_blocks = (uint16_t)at_most;
    for (size_t i = 0; i < slabs; i++) {
        CHECK_EQ(slab_grow(id, &failure), GROW_DONE);
        CHECK_EQ(slab_take(id, &owned[i], 1, SLAB_ANY), 1);
        count = slab_take(id, &blocks[i * (in_slab - 1)], in_slab, SLAB_ANY);
        CHECK_EQ(count, in_slab - 1);
    }
    count = (unsigned)slabs * (in_slab - 1);
    CHECK_EQ(figures().blocks, slabs * in_slab);
    CHECK_MSG(count >= most + 2 * EACH, "%u blocks, bound %zu", count, most);
    size_t kept = hand_in(), want = most / EACH * EACH + EACH;
    CHECK_MSG(kept == want, "%zu slabs, few %u, most %u: %zu blocks are kept, expected %zu", slabs,
              few, at_most, kept, want);
    depot_trim(id, LEAST_ALL);
    CHECK_EQ(figures().magazine_blocks, 0);
    count -= count % EACH; /* the others are still taken */
    slab_give(id, &blocks[count], (unsigned)(slabs * (in_slab - 1)) - count);
    slab_give(id, owned, (unsigned)slabs);
    CHECK_EQ(figures().blocks, 0);
}

int main(void) {
    free(malloc(1));
    id = class_for(POOL_SMALLMID, BLOCK_BYTES);
    size_t in_slab = hak_classes[id].slab_blocks;
    CHECK_MSG(hak_classes[id].block_bytes == BLOCK_BYTES && in_slab >= 10, "%zu", in_slab);
    check_bound(32, 0, 1000, 32 * in_slab / 9);
    check_bound(32, 0, 13, 13);
    check_bound(32, 1, 1000, 32 * in_slab / 9);
    check_bound(16, 60, 1000, 60);
    check_bound(4, 1000, 1000, 4 * in_slab / 2);
    check_bound(32, 1000, 70, 70);
    return 0;
}
