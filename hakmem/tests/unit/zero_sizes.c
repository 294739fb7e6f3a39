/*
 * zero_sizes.c - requests for nothing behave as in glibc: a block of its own each time, and
 * realloc to nothing frees.
 */
#include "test.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
    enum { COUNT = 1000 };
    static void *blocks[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        void *fresh = NULL;
        switch (i % 6) {
        case 0:
            fresh = malloc(0);
            break;
        case 1:
            fresh = calloc(0, 8);
            break;
        case 2:
            fresh = calloc(8, 0);
            break;
        case 3:
            fresh = realloc(NULL, 0);
            break;
        case 4:
            fresh = aligned_alloc(64, 0);
            break;
        default:
            CHECK(posix_memalign(&fresh, 4096, 0) == 0);
        }
        CHECK(fresh);
        for (size_t j = 0; j < i; j++) {
            CHECK_MSG(blocks[j] != fresh, "request %zu got the block of request %zu", i, j);
        }
        blocks[i] = fresh;
    }
    /* Nobody may touch such a block at level 2, and anybody elsewhere, as in glibc. */
    const char *level = getenv("HAKMEM_HARDEN");
    bool is_closed = level != NULL && strcmp(level, "2") == 0;
    for (size_t i = 0; i < COUNT; i++) {
        CHECK_MSG((malloc_usable_size(blocks[i]) == 0) == is_closed, "request %zu: %zu bytes", i,
                  malloc_usable_size(blocks[i]));
        free(blocks[i]);
    }
    CHECK(realloc(malloc(100), 0) == NULL);
    CHECK(realloc(malloc(33000), 0) == NULL);
    CHECK(reallocarray(malloc(100), 0, 10) == NULL);
    CHECK_EQ(malloc_usable_size(NULL), 0);
#ifdef __GLIBC__
    void *page = pvalloc(0);
    CHECK(page && (uintptr_t)page % test_page_bytes() == 0);
    free(page);
#endif
    free(NULL);
    return 0;
}
