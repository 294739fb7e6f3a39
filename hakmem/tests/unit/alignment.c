/*
 * alignment.c - 16 bytes always, and every power of two up to 1 GiB on demand.
 */
#include "sizes.h"
#include "test.h"

#include <malloc.h>
#include <string.h>

static void check_block(void *block, size_t alignment, size_t bytes) {
    CHECK_MSG(block, "alignment %zu, %zu bytes", alignment, bytes);
    CHECK_MSG((uintptr_t)block % alignment == 0, "%p, alignment %zu, %zu bytes", block, alignment,
              bytes);
    CHECK_MSG(malloc_usable_size(block) >= bytes, "alignment %zu, %zu bytes", alignment, bytes);
    if (bytes) {
        memset(block, 1, 1);
        memset((char *)block + bytes - 1, 1, 1);
    }
}

static void natural_alignment(void) {
    void *held[TEST_SIZES][3];
    for (size_t i = 0; i < TEST_SIZES; i++) {
        for (size_t j = 0; j < 3; j++) {
            held[i][j] = malloc(test_sizes[i] + j);
            check_block(held[i][j], 16, test_sizes[i] + j);
        }
    }
    for (size_t i = 0; i < TEST_SIZES; i++) {
        for (size_t j = 0; j < 3; j++) {
            held[i][j] = realloc(held[i][j], test_sizes[TEST_SIZES - 1 - i]);
            check_block(held[i][j], 16, test_sizes[TEST_SIZES - 1 - i]);
            free(held[i][j]);
        }
    }
}

/* Two at a time, so that the second cannot be aligned by being the first block of something. */
static void chosen_alignment(size_t alignment, size_t bytes) {
    void *first = memalign(alignment, bytes);
    void *second = aligned_alloc(alignment, bytes);
    void *third = NULL;
    CHECK(posix_memalign(&third, alignment, bytes) == 0);
    check_block(first, alignment, bytes);
    check_block(second, alignment, bytes);
    check_block(third, alignment, bytes);
    CHECK(first != second && second != third && first != third);
    free(second);
    free(first);
    /* realloc of an aligned block keeps its contents */
    memset(third, 0x3b, bytes);
    unsigned char *moved = realloc(third, bytes + 5000);
    CHECK(moved);
    for (size_t i = 0; i < bytes; i++) {
        CHECK(moved[i] == 0x3b);
    }
    free(moved);
}

/* Of two blocks of a slab only the first may lie on a page by chance. */
static void page_alignment(void) {
    for (size_t i = 0; i < TEST_SIZES; i++) {
        void *blocks[3];
        for (int j = 0; j < 3; j++) {
            blocks[j] = valloc(test_sizes[i]);
            check_block(blocks[j], test_page_bytes(), test_sizes[i]);
        }
        for (int j = 0; j < 3; j++) {
            free(blocks[j]);
        }
#ifdef __GLIBC__
        void *block = pvalloc(test_sizes[i]);
        check_block(block, test_page_bytes(), test_whole_pages(test_sizes[i]));
        free(block);
#endif
    }
}

int main(void) {
    static const size_t sizes[] = {1, 16, 100, 1024, 5000, 33000, 70000, 1000000, 3000000};
    natural_alignment();
    for (size_t alignment = 8; alignment <= GIB; alignment *= 2) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            chosen_alignment(alignment, sizes[i]);
        }
    }
    page_alignment();
    return 0;
}
