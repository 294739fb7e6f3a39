/*
 * calloc_zero.c - calloc returns zeros, also where the memory was used, freed, purged or shrunk
 * before.
 */
#include "sizes.h"
#include "test.h"

#include <malloc.h>
#include <string.h>

enum { HELD = 8 };

static void dirty(size_t bytes) {
    void *blocks[HELD];
    for (int i = 0; i < HELD; i++) {
        blocks[i] = malloc(bytes);
        CHECK(blocks[i]);
        memset(blocks[i], 0xa5, malloc_usable_size(blocks[i]));
    }
    for (int i = 0; i < HELD; i++) {
        free(blocks[i]);
    }
}

static void expect_zero(size_t bytes, const char *when) {
    unsigned char *blocks[HELD];
    for (int i = 0; i < HELD; i++) {
        blocks[i] = i % 2 ? calloc(1, bytes) : calloc(bytes, 1);
        CHECK(blocks[i]);
        CHECK_MSG(blocks[i][0] == 0 && memcmp(blocks[i], blocks[i] + 1, bytes - 1) == 0,
                  "%zu bytes, %s", bytes, when);
        memset(blocks[i], 0x5a, malloc_usable_size(blocks[i]));
    }
    for (int i = 0; i < HELD; i++) {
        free(blocks[i]);
    }
}

int main(void) {
    for (size_t i = 0; i < TEST_SIZES; i++) {
        expect_zero(test_sizes[i], "fresh");
        dirty(test_sizes[i]);
        expect_zero(test_sizes[i], "after use");
    }
    malloc_trim(0);
    for (size_t i = TEST_SIZES; i-- > 0;) {
        expect_zero(test_sizes[i], "after a trim");
        /* neighbouring sizes may hand over the same memory */
        dirty(test_sizes[i] + test_sizes[i] / 4);
        dirty(test_sizes[i] / 2 + 1);
        expect_zero(test_sizes[i], "after use by others");
    }
    return 0;
}
