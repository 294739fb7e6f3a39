/*
 * static_upkeep.c - what upkeep gives back, by a clock of the test's own: full magazines go back to
 * their slabs, these to the heap, and its idle spans to the system; at once when it is told to, by
 * and by when nobody needs them, as soon as they are free where HAKMEM_PURGE_DELAY_MS is 0; and no
 * more than is said.
 *
 * White box: linked with objects.a; starts itself again with that option.
 */
#include "again.h"
#include "cache/upkeep.h"
#include "own_clock.h"
#include "slab/slab.h"
#include "span/span_heap.h"

#include <string.h>

enum { COUNT = 4000, TICKS = 3000 };

static char *blocks[COUNT];

/* Of two classes, one of which may purge blocks in its slabs; all but each `kept`-th are freed. */
static void take_and_free(size_t bytes, size_t kept) {
    for (size_t i = 0; i < COUNT; i++) {
        blocks[i] = malloc(bytes);
        CHECK(blocks[i]);
        memset(blocks[i], 1, bytes);
    }
    for (size_t i = 0; i < COUNT; i++) {
        if (i % kept != 0) {
            free(blocks[i]);
        }
    }
}

static void free_kept(size_t kept) {
    for (size_t i = 0; i < COUNT; i += kept) {
        free(blocks[i]);
    }
}

static hak_depot_figures_t depot_of(size_t bytes) {
    hak_depot_figures_t depot;
    unsigned id = class_for(bytes <= 1024 ? POOL_TINY : POOL_MID, bytes);
    CHECK(id != 0);
    depot_read(id, &depot);
    return depot;
}

static size_t dirty_bytes(void) {
    return heap_free_hint(SPAN_DIRTY);
}

/* So often that the clock is looked at. */
static void tick_after(uint64_t ms) {
    own_clock_advance(ms);
    for (int i = 0; i < TICKS; i++) {
        upkeep_tick();
    }
}

static void check_return(size_t bytes) {
    take_and_free(bytes, 500);
    CHECK_MSG(depot_of(bytes).magazine_blocks > 0, "%zu bytes", bytes);
    upkeep_return();
    hak_depot_figures_t depot = depot_of(bytes);
    CHECK_EQ(depot.magazine_blocks, 0);
    CHECK_MSG(depot.slabs <= COUNT / 500 && depot.slabs > 0, "%zu slabs", depot.slabs);
    CHECK_EQ(depot.blocks - depot.free_blocks, COUNT / 500);
    CHECK(dirty_bytes() > 0);
    free_kept(500);
    upkeep_return();
    CHECK_EQ(depot_of(bytes).slabs, 0);
}

static void check_reclaim(void) {
    take_and_free(20000, COUNT);
    upkeep_return();
    size_t dirty = dirty_bytes(), keep = dirty / 2;
    CHECK(dirty > 8 * MIB);
    size_t bytes = upkeep_reclaim(keep);
    CHECK_MSG(bytes >= dirty - keep && dirty_bytes() <= keep && dirty_bytes() > 0,
              "%zu of %zu, %zu are left", bytes, dirty, dirty_bytes());
    CHECK(upkeep_reclaim(0) > 0);
    CHECK_EQ(dirty_bytes(), 0);
    CHECK_EQ(depot_of(20000).warm_blocks, 0); /* of the slab that is in use */
    CHECK_EQ(upkeep_reclaim(0), 0);
    free_kept(COUNT);
}

/* What was not needed for two intervals is gone, whether it waits in magazines or as spans; not
 * what the program still has. */
static void check_idle(size_t bytes) {
    tick_after(300);
    take_and_free(bytes, 500);
    tick_after(10);
    CHECK(depot_of(bytes).magazine_blocks > 0);
    for (int i = 0; i < 4; i++) {
        tick_after(300);
    }
    hak_depot_figures_t depot = depot_of(bytes);
    CHECK_EQ(depot.magazine_blocks, 0);
    CHECK_EQ(depot.blocks - depot.free_blocks, COUNT / 500);
    CHECK_EQ(dirty_bytes(), 0);
    CHECK_MSG(bytes < 256 || depot.warm_blocks == 0, "%zu warm blocks", depot.warm_blocks);
    free_kept(500);
}

/* Where idle spans alone are enough to give back, what waits in magazines stays. */
static void check_spans_alone(void) {
    tick_after(2000);
    upkeep_rest();
    tick_after(2000); /* what was needed before, or given back, is forgotten */
    char *block = malloc(24 * MIB);
    CHECK(block);
    tick_after(300); /* the heap is old by now */
    take_and_free(100, 500);
    CHECK(depot_of(100).magazine_blocks > 0);
    CHECK(dirty_bytes() < 3 * MIB);
    free(block);
    tick_after(1);
    CHECK_MSG(dirty_bytes() <= 4 * MIB && dirty_bytes() > 3 * MIB, "%zu bytes stay", dirty_bytes());
    CHECK(depot_of(100).magazine_blocks > 0);
    free_kept(500);
}

/* What is idle in slabs, beside live blocks, counts as well, and is given back where spans are not
 * enough. */
static void check_slabs(void) {
    enum { SOME = 1200, KEPT = 6, BYTES = 9000 };
    tick_after(2000);
    upkeep_rest();
    tick_after(2000);
    for (size_t i = 0; i < SOME; i++) {
        CHECK((blocks[i] = malloc(BYTES)) != NULL);
    }
    tick_after(300);
    for (size_t i = 0; i < SOME; i++) {
        if (i % KEPT != 0) {
            free(blocks[i]);
        }
    }
    tick_after(1);
    hak_depot_figures_t depot = depot_of(BYTES);
    size_t idle_bytes = (depot.warm_blocks + depot.magazine_blocks) * 9216 + dirty_bytes();
    CHECK_MSG(idle_bytes <= 5 * MIB, "%zu bytes stay", idle_bytes);
    for (size_t i = 0; i < SOME; i += KEPT) {
        free(blocks[i]);
    }
}

/* What the thread in the background does: how often it looks, an interval apart, until it finds
 * that nothing is left. */
static unsigned looks_until_still(bool again) {
    unsigned looks = 1;
    while (upkeep_look_idle(again) && looks < 100) {
        own_clock_advance(300);
        again = false;
        looks++;
    }
    return looks;
}

/* The program makes no call; what waits in the thread's own magazines stays. */
static void check_look_idle(size_t bytes) {
    looks_until_still(true);
    take_and_free(bytes, 500);
    unsigned looks = looks_until_still(false);
    CHECK_MSG(looks >= 4 && looks <= 9, "%u looks", looks);
    hak_depot_figures_t depot = depot_of(bytes);
    CHECK_EQ(depot.magazine_blocks, 0);
    CHECK_EQ(dirty_bytes(), 0);
    CHECK_MSG(bytes < 256 || depot.warm_blocks == 0, "%zu warm blocks", depot.warm_blocks);
    for (int i = 0; i < 10; i++) { /* at rest, also for a clock that goes on */
        own_clock_advance(300);
        CHECK(!upkeep_look_idle(false));
    }
    CHECK_EQ(looks_until_still(true), 4); /* the program called, and changed nothing */
    for (int i = 0; i < 10; i++) {        /* a clock that stands still tells nothing */
        CHECK(upkeep_look_idle(true));
        CHECK(upkeep_look_idle(false));
    }
    free_kept(500);
    CHECK(upkeep_look_idle(false));
    CHECK(looks_until_still(false) < 100);
}

static int check_at_once(void) {
    take_and_free(20000, COUNT);
    tick_after(10);
    CHECK_EQ(dirty_bytes(), 0);
    CHECK_EQ(depot_of(20000).magazine_blocks, 0);
    return 0;
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc > 1) {
        return check_at_once();
    }
    run_again("at once", "HAKMEM_PURGE_DELAY_MS=0");
    check_return(100);
    check_return(20000);
    check_reclaim();
    check_spans_alone();
    check_slabs();
    check_idle(100);
    check_idle(20000);
    check_look_idle(100);
    check_look_idle(20000);
    own_clock_check();
    return 0;
}
