/*
 * static_laid.c - blocks of slabs at the second level of hardening: any byte that is changed behind
 * what was asked for, or in the wall in front, is told as what it is; a free one is clear up to its
 * wall, and is not handed out otherwise; one that is resized where it lies gains zeros.
 *
 * White box: linked with objects.a; starts itself again with HAKMEM_HARDEN=2.
 */
#include "again.h"
#include "box/front_gate_classifier.h"
#include "harden/canary.h"
#include "harden/laid.h"
#include "slab/slab.h"
#include "test.h"

#include <string.h>

enum { COUNT = 30, CANARY_LOOKED_AT = 256 };

static const char past[] = "write past the end of a block";
static const char before[] = "write before the beginning of a block";

static const char *damage(const char *block, size_t *bytes) {
    return laid_damage(block, classify_class(block), bytes);
}

static void expect_damage(const char *block, const char *at, const char *want) {
    size_t bytes;
    const char *got = damage(block, &bytes);
    CHECK_MSG(got && strcmp(got, want) == 0, "byte %zd: %s", (ssize_t)(at - block),
              got ? got : "none");
}

/* Each byte of canary that is looked at, of the trailer and of the wall. */
static void check_behind(char *block, size_t bytes) {
    size_t capacity = laid_capacity(block, classify_class(block)), told = 0;
    CHECK(damage(block, &told) == NULL && told == bytes);
    for (size_t at = bytes; at < capacity; at++) {
        if (at >= bytes + CANARY_LOOKED_AT && at < capacity - CANARY_ROOM) {
            continue;
        }
        for (unsigned bit = 1; bit < 256; bit *= 2) {
            block[at] = (char)(block[at] ^ bit);
            expect_damage(block, block + at, past);
            block[at] = (char)(block[at] ^ bit);
        }
    }
    CHECK(damage(block, &told) == NULL);
}

/* The first of a slab has none; a wall that is gone is one that was purged, where that may be. */
static bool check_in_front(char *block) {
    unsigned class_id = classify_class(block);
    size_t bytes;
    if (slab_block_index(span_of(block), block) == 0) {
        return false;
    }
    uint64_t *wall = (uint64_t *)(void *)(block - WALL_BYTES), was = *wall;
    for (unsigned bit = 0; bit < 64; bit++) {
        *wall = was ^ (uint64_t)1 << bit;
        expect_damage(block, (char *)wall, before);
    }
    *wall = 0;
    bool may_be_purged =
        (uintptr_t)block % test_page_bytes() == 0 && hak_classes[class_id].purges_blocks;
    if (may_be_purged) {
        CHECK(damage(block, &bytes) == NULL);
    } else {
        expect_damage(block, (char *)wall, before);
    }
    *wall = was;
    CHECK(damage(block, &bytes) == NULL);
    return may_be_purged;
}

/* As free and malloc do it, of a block that nobody else has meanwhile. */
static void check_clear(char *block, size_t bytes) {
    unsigned class_id = classify_class(block);
    size_t capacity = laid_capacity(block, class_id), told, free_bytes = capacity - WALL_BYTES;
    uint64_t wall = wall_read(block, capacity);
    CHECK(wall != 0);
    memset(block, 1, bytes);
    CHECK(!laid_is_clear(block, class_id));
    laid_clear(block, class_id);
    CHECK(laid_is_clear(block, class_id) && wall_read(block, capacity) == wall);
    for (size_t at = 0; at < free_bytes; at += at + 20 < free_bytes ? 19 : 1) {
        block[at] = 1;
        CHECK(!laid_is_clear(block, class_id) && !laid_prepare(block, class_id, bytes));
        block[at] = 0;
    }
    CHECK(laid_prepare(block, class_id, bytes) && damage(block, &told) == NULL && told == bytes);
}

/* To half of the block and to all of it; what it gains is zero, and so is what it had lost. */
static void check_resize(char *block, size_t bytes) {
    unsigned class_id = classify_class(block);
    size_t capacity = laid_capacity(block, class_id), told, least = capacity / 2 - CANARY_ROOM;
    size_t most = capacity - CANARY_ROOM;
    CHECK(!laid_resize(block, class_id, bytes, most + 1));
    CHECK(least == 0 || !laid_resize(block, class_id, bytes, least - 1));
    memset(block, 1, bytes);
    CHECK(laid_resize(block, class_id, bytes, least));
    CHECK(damage(block, &told) == NULL && told == least);
    CHECK(laid_resize(block, class_id, least, most));
    CHECK(damage(block, &told) == NULL && told == most);
    for (size_t at = 0; at < most; at++) {
        CHECK_MSG(block[at] == (at < least), "byte %zu of %zu", at, most);
    }
    CHECK(laid_resize(block, class_id, most, bytes));
}

/* Of no bytes: nothing of it may be touched, and nothing is. */
static void check_closed(void) {
    char *block = malloc(0);
    unsigned class_id = classify_class(block);
    size_t bytes = 1;
    CHECK(block && hak_classes[class_id].is_closed);
    CHECK(laid_is_clear(block, class_id) && laid_prepare(block, class_id, 0));
    laid_clear(block, class_id);
    CHECK(damage(block, &bytes) == NULL && bytes == 0);
    CHECK(!laid_resize(block, class_id, 0, 0));
    free(block);
}

static void check_all(void) {
    static const size_t sizes[] = {16, 40, 100, 112, 1000, 4000, 9000, 33000, 36000, 57000};
    unsigned purged = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char *blocks[COUNT];
        for (int j = 0; j < COUNT; j++) {
            blocks[j] = malloc(sizes[i]);
            CHECK(blocks[j] && class_has_slabs(classify_class(blocks[j])));
        }
        check_behind(blocks[0], sizes[i]);
        for (int j = 0; j < COUNT; j++) {
            purged += check_in_front(blocks[j]);
        }
        check_clear(blocks[1], sizes[i]);
        check_resize(blocks[2], sizes[i]);
        for (int j = 0; j < COUNT; j++) {
            free(blocks[j]); /* which looks at them once more */
        }
    }
    CHECK(purged > 0 || test_page_bytes() > 4096); /* few blocks begin on a page */
    check_closed();
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc == 1) {
        run_again("all", "HAKMEM_HARDEN=2");
        return 0;
    }
    check_all();
    return 0;
}
