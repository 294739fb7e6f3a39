/*
 * static_watched.c - when HAKMEM_LEARN looks at a program's requests, by which the fast path then
 * does not serve them: not at all below 4 MiB of the sizes that are learnt from; for 512 requests
 * then, and again when it has grown by a quarter, though no time passes; and of sizes that it did
 * not see for as many, when they come by. But only of classes whose blocks waste so much that
 * another table might gain, and when a class has grown to that; and never where there is none.
 * Large blocks, from 57,345 bytes on, are served by the quick way meanwhile, and noted. Which sizes
 * were asked for is known by their buckets, and forgotten.
 *
 * White box: linked with objects.a; starts itself again with HAKMEM_LEARN=1.
 */
#include "again.h"
#include "box/class_table.h"
#include "box/learn.h"
#include "hakmem_l25_pool.h"
#include "own_clock.h"
#include "slab/size_sample.h"

#include <malloc.h>
#include <stdbool.h>
#include <string.h>

enum {
    FEW = 300,
    MANY = 1400,
    MOST = 4 * MANY,
    BYTES = 5120,
    NEAR = 5056,
    OTHER = 9216,
    LARGE = 300000
};
static void *blocks[MOST];
static unsigned count;

static void grow_to(unsigned blocks_alive) {
    for (; count < blocks_alive; count++) {
        CHECK((blocks[count] = malloc(BYTES)) != NULL);
    }
}

/* More than magazines hold go and come, so that slow paths are among them. */
static void exchange(unsigned lots, size_t bytes) {
    enum { LOT = 50 };
    void *lot[LOT];
    for (unsigned i = 0; i < lots * LOT; i++) {
        CHECK((lot[i % LOT] = malloc(bytes)) != NULL);
        for (unsigned j = 0; i % LOT == LOT - 1 && j < LOT; j++) {
            free(lot[j]);
        }
    }
}

static bool is_shown(size_t bytes) {
    return bytes <= CLASS_TABLE_FINE_MAX
               ? class_table_fine[class_table_fine_row(bytes)] != HAK_CLASS_NONE
               : class_table_page[hak_pages_for(bytes)] != HAK_CLASS_NONE;
}

static void check_times(void) {
    grow_to(FEW);
    exchange(100, BYTES);
    own_clock_advance(1000);
    exchange(100, BYTES);
    CHECK(learn_is_on() && learn_read().looks == 0 && is_shown(BYTES) && is_shown(LARGE));
    CHECK_EQ(size_sample_new(), 0);
    CHECK(hak_large_fits[hak_pages_for(LARGE)].more_pages > 0);

    grow_to(MANY);
    CHECK(learn_read().looks > 0 && hak_size_samples.is_paused);
    uint64_t looks = learn_read().looks;
    exchange(100, BYTES);
    CHECK_EQ(class_by_table(NEAR), class_by_table(BYTES));
    CHECK(is_shown(BYTES) && !is_shown(NEAR) && is_shown(OTHER) && is_shown(LARGE));
    CHECK_EQ(learn_read().looks, looks);

    exchange(100, OTHER); /* few are alive: nothing is at stake */
    CHECK_EQ(learn_read().looks, looks);
    exchange(40, NEAR);
    CHECK(is_shown(BYTES) && is_shown(NEAR) && learn_read().looks > looks);
    looks = learn_read().looks;
    exchange(100, NEAR);
    CHECK_EQ(learn_read().looks, looks);

    unsigned watched = 0;
    for (unsigned at = MANY; count < MOST; grow_to(at += 100)) {
        if (!hak_size_samples.is_paused) {
            CHECK(!is_shown(BYTES) && is_shown(OTHER) && is_shown(LARGE));
            watched++;
        }
    }
    CHECK_MSG(watched > 5 && watched < (MOST - MANY) / 100, "%u", watched);
    CHECK(learn_read().looks > looks + 5);
    grow_to(MOST);
    exchange(20, BYTES);
    looks = learn_read().looks;
    exchange(20, BYTES);
    own_clock_advance(1000);
    exchange(100, BYTES);
    CHECK(learn_read().looks > looks && is_shown(BYTES) && is_shown(LARGE));
}

/* A class grows by less than a quarter of all, and no time passes. */
static void check_growth(void) {
    static void *others[FEW];
    size_t used_pages = hak_store.used_pages;
    CHECK(hak_size_samples.is_paused && is_shown(OTHER) && is_shown(OTHER - 64));
    for (unsigned i = 0; i < FEW; i++) {
        CHECK((others[i] = malloc(OTHER)) != NULL);
    }
    exchange(1, OTHER);
    CHECK(hak_store.used_pages < used_pages + used_pages / 4 && hak_size_samples.is_paused);
    CHECK(!is_shown(OTHER - 64));
    uint64_t looks = learn_read().looks;
    exchange(40, OTHER - 64);
    CHECK(learn_read().looks > looks && is_shown(OTHER - 64) && !is_shown(OTHER - 128));
    for (unsigned i = 0; i < FEW; i++) {
        free(others[i]);
    }
    malloc_trim(0);
    own_clock_advance(1000);
    exchange(100, BYTES);
    CHECK(is_shown(OTHER) && is_shown(OTHER - 128)); /* they are few again */
}

/* 12 MiB, but no class has enough of them for another one to pay. */
static void check_spread(void) {
    for (unsigned id = class_for(POOL_SMALLMID, 1025); id <= hak_pools[POOL_MID].last; id++) {
        for (size_t left = 240 * KIB; left >= hak_classes[id].block_bytes;
             left -= hak_classes[id].block_bytes) {
            CHECK(malloc(hak_classes[id].block_bytes) != NULL);
        }
    }
    for (unsigned i = 0; i < 10; i++) {
        own_clock_advance(1000);
        exchange(100, BYTES);
        CHECK(hak_size_samples.is_paused && is_shown(BYTES) && is_shown(NEAR) && is_shown(LARGE));
    }
    CHECK(hak_store.used_pages > 6 * MIB / HAK_PAGE_BYTES);
    CHECK_EQ(learn_read().looks, 0);
}

/* Of a size that goes and comes by what waits to be merged. */
static void check_noted(size_t bytes) {
    for (unsigned i = 0; hak_size_samples.is_paused || size_sample_new() > 8; i++) {
        CHECK(i < 1000);
        own_clock_advance(200);
        exchange(1, BYTES + i % 2);
        free(malloc(bytes));
    }
    uint32_t before = size_sample_new();
    for (unsigned i = 0; i < 16; i++) {
        free(malloc(bytes));
    }
    CHECK(!hak_size_samples.is_paused);
    CHECK_EQ(size_sample_new(), before + 16);
}

static void check_large(void) {
    enum { COUNT = 100 };
    size_t sizes[2]; /* of classes: no other one is learnt */
    for (unsigned i = 0; i < 2; i++) {
        unsigned id = class_for(POOL_LARGE, i == 0 ? MID_MAX_SIZE + 1 : LARGE);
        sizes[i] = hak_classes[id].block_bytes;
        CHECK(hak_large_waits[id] && (i == 1 || sizes[0] <= CLASS_TABLE_FINE_MAX));
        for (unsigned j = 0; j < COUNT; j++) {
            CHECK(malloc(sizes[i]) != NULL);
        }
    }
    check_noted(sizes[0]);
    check_noted(sizes[1]);
    CHECK_EQ(learn_read().changes, 0);
}

static void check_buckets(void) {
    unsigned seen = 0;
    for (unsigned age = 0; age < 200; age++) {
        size_sample_age();
    }
    CHECK_EQ(size_sample_next(0), SIZE_BUCKETS);
    for (size_t bytes = 1025; bytes <= 2 * MIB; bytes += bytes / 3) {
        size_sample_note(bytes);
    }
    size_t next = 1025;
    for (unsigned at = 0; (at = size_sample_next(at)) < SIZE_BUCKETS; at++, next += next / 3) {
        CHECK_EQ(size_sample_read(at).most, next);
        seen++;
    }
    CHECK(seen > 20 && next > 2 * MIB && size_sample_next(SIZE_BUCKETS) == SIZE_BUCKETS);
    size_sample_note(1024);
    size_sample_note(2 * MIB + 1);
    CHECK(size_sample_read(size_sample_next(0)).most == 1025);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "watched") == 0) {
        check_times();
        check_growth();
        own_clock_check();
        check_buckets();
        return 0;
    }
    if (argc > 1) {
        strcmp(argv[1], "spread") == 0 ? check_spread() : check_large();
        return 0;
    }
    run_again("watched", "HAKMEM_LEARN=1");
    run_again("spread", "HAKMEM_LEARN=1");
    run_again("large", "HAKMEM_LEARN=1");
    return 0;
}
