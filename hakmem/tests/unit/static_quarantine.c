/*
 * static_quarantine.c - freed blocks wait in the order in which they came, 128 KiB of them, but 4
 * at least and 256 at most, each class for itself; free ones are drawn from a lot of half as many,
 * 16 at most, each of which may be the one; what was written to while it waits is found.
 *
 * White box: linked with objects.a, without hardening, so that nobody else keeps blocks here.
 */
#include "harden/quarantine.h"
#include "slab/size_class.h"
#include "test.h"

#include <string.h>

enum { MOST_RING = 256, MOST_LOT = 16, DRAWS = 2000 };

static char names[3 * MOST_RING + DRAWS]; /* blocks that nobody looks into */

static size_t ring_of(unsigned class_id) {
    size_t blocks = 128 * KIB / hak_classes[class_id].block_bytes;
    return blocks < 4 ? 4 : blocks > MOST_RING ? MOST_RING : blocks;
}

static size_t lot_of(unsigned class_id) {
    size_t half = ring_of(class_id) / 2;
    return half < MOST_LOT ? half : MOST_LOT;
}

static void check_order(unsigned class_id) {
    size_t ring = ring_of(class_id);
    CHECK(quarantine_take(class_id) == NULL);
    for (size_t i = 0; i < 2 * ring + 1; i++) {
        CHECK_EQ(quarantine_count(class_id), i < ring ? i : ring);
        const void *out = quarantine_put(class_id, &names[i]);
        CHECK_MSG(out == (i < ring ? NULL : &names[i - ring]), "block %zu of class %u", i,
                  class_id);
    }
    for (size_t i = 0; i < ring; i++) {
        CHECK(quarantine_take(class_id) == &names[ring + 1 + i]);
        CHECK_EQ(quarantine_count(class_id), ring - 1 - i);
    }
    CHECK(quarantine_take(class_id) == NULL);
}

/* Each block comes out once, after a while that is not the same for all. */
static void check_lot(unsigned class_id) {
    static bool is_in[sizeof names];
    size_t lot = lot_of(class_id), soon = 0, late = 0;
    memset(is_in, 0, sizeof is_in);
    CHECK(quarantine_draw_last(class_id) == NULL);
    for (size_t i = 0; i < DRAWS; i++) {
        char *drawn = quarantine_draw(class_id, &names[i]);
        is_in[i] = true;
        CHECK_MSG((drawn == NULL) == (i < lot), "draw %zu of class %u", i, class_id);
        CHECK_EQ(quarantine_count(class_id), i < lot ? i + 1 : lot);
        if (drawn != NULL) {
            size_t at = (size_t)(drawn - names);
            CHECK_MSG(at < i && is_in[at], "block %zu at draw %zu", at, i);
            is_in[at] = false;
            soon += at + 1 == i;
            late += at + 2 * lot < i;
        }
    }
    /* of random draws a lot-th is of the newest, and some wait for twice the lot or more */
    CHECK_MSG(soon > DRAWS / lot / 2 && soon < DRAWS / lot * 2, "%zu of %u", soon, DRAWS);
    CHECK_MSG(late > DRAWS / 32 && late < DRAWS / 4, "%zu of %u", late, DRAWS);
    for (size_t i = 0; i < lot; i++) {
        char *last = quarantine_draw_last(class_id);
        CHECK(last != NULL && is_in[last - names]);
        is_in[last - names] = false;
        CHECK_EQ(quarantine_count(class_id), lot - 1 - i);
    }
    CHECK(quarantine_draw_last(class_id) == NULL);
}

/* All that wait are looked at, wherever they stand, up to the last byte but the wall. */
static void check_written(unsigned class_id, unsigned between) {
    static _Alignas(16) char blocks[MOST_RING + MOST_LOT][512];
    size_t ring = ring_of(class_id), lot = lot_of(class_id);
    size_t last = hak_classes[class_id].block_bytes - 8 - 1;
    CHECK(hak_classes[class_id].block_bytes <= sizeof blocks[0] &&
          ring + lot <= MOST_RING + MOST_LOT);
    for (size_t i = 0; i < between; i++) { /* so that the oldest is not the first of the record */
        quarantine_put(class_id, blocks[0]);
        CHECK(quarantine_take(class_id) == blocks[0]);
    }
    for (size_t i = 0; i < ring + lot; i++) {
        CHECK((i < ring ? quarantine_put(class_id, blocks[i])
                        : quarantine_draw(class_id, blocks[i])) == NULL);
    }
    CHECK(quarantine_find_written() == NULL);
    for (size_t i = 0; i < ring + lot; i++) {
        size_t at = i % 2 ? 0 : last;
        blocks[i][at] = 1;
        CHECK_MSG(quarantine_find_written() == blocks[i], "block %zu of %zu and %zu", i, ring, lot);
        blocks[i][at] = 0;
        blocks[i][last + 1] = 1; /* the wall */
    }
    CHECK(quarantine_find_written() == NULL);
    while (quarantine_take(class_id) != NULL || quarantine_draw_last(class_id) != NULL) {
    }
    memset(blocks, 0, sizeof blocks);
}

int main(void) {
    free(malloc(1)); /* the table of classes */
    unsigned first = class_for(POOL_TINY, 1);
    for (unsigned id = first; hak_classes[id].block_bytes != 0; id++) {
        check_order(id);
        check_lot(id);
        CHECK(id == first || quarantine_put(id - 1, &names[id]) == NULL);
        CHECK(quarantine_take(id) == NULL); /* each for itself */
        CHECK(id == first || quarantine_take(id - 1) == &names[id]);
    }
    check_written(first, 0);
    check_written(class_for(POOL_TINY, 512), 100);
    return 0;
}
