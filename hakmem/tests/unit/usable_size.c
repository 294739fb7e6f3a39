/*
 * usable_size.c - the whole usable size of each block belongs to the program.
 *
 * Several blocks of each size are alive at once and filled to the last usable byte; each must
 * still hold its own pattern when all are filled.
 */
#include "sizes.h"
#include "test.h"

#include <malloc.h>
#include <stdbool.h>
#include <string.h>

enum { HELD = 5 };

static void check_size(size_t bytes) {
    unsigned char *blocks[HELD];
    size_t usable[HELD];
    for (int i = 0; i < HELD; i++) {
        blocks[i] = malloc(bytes);
        CHECK(blocks[i]);
        usable[i] = malloc_usable_size(blocks[i]);
        CHECK_MSG(usable[i] >= bytes, "%zu < %zu", usable[i], bytes);
        memset(blocks[i], i + 1, usable[i]);
    }
    for (int i = 0; i < HELD; i++) {
        bool intact = blocks[i][0] == i + 1 && memcmp(blocks[i], blocks[i] + 1, usable[i] - 1) == 0;
        CHECK_MSG(intact, "block %d of %zu bytes, usable %zu", i, bytes, usable[i]);
        CHECK_EQ(malloc_usable_size(blocks[i]), usable[i]);
    }
    for (int i = 0; i < HELD; i++) {
        free(blocks[i]);
    }
}

/* The same for blocks that were aligned or resized; what realloc keeps is all that was usable. */
static void check_other_ways(size_t bytes) {
    unsigned char *blocks[HELD];
    for (int i = 0; i < HELD; i++) {
        blocks[i] =
            i % 2 ? memalign((size_t)64 << i, bytes) : realloc(malloc(bytes / 2 + 1), bytes);
        CHECK(blocks[i]);
        memset(blocks[i], i + 1, malloc_usable_size(blocks[i]));
    }
    for (int i = 0; i < HELD; i++) {
        size_t usable = malloc_usable_size(blocks[i]);
        CHECK_MSG(usable >= bytes, "%zu < %zu", usable, bytes);
        blocks[i] = realloc(blocks[i], usable + usable / 2 + 1);
        CHECK(blocks[i]);
        bool intact = blocks[i][0] == i + 1 && memcmp(blocks[i], blocks[i] + 1, usable - 1) == 0;
        CHECK_MSG(intact, "block %d of %zu bytes, usable %zu", i, bytes, usable);
    }
    for (int i = 0; i < HELD; i++) {
        free(blocks[i]);
    }
}

int main(void) {
    for (size_t bytes = 2; bytes <= 2100; bytes++) {
        check_size(bytes);
    }
    for (size_t bytes = 2100; bytes <= 70000; bytes += 97) {
        check_size(bytes);
    }
    for (size_t i = 1; i < TEST_SIZES; i++) {
        check_size(test_sizes[i]);
        check_other_ways(test_sizes[i]);
    }
    return 0;
}
