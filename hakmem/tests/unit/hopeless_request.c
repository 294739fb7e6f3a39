/*
 * hopeless_request.c - a request for more than any address space has is refused without giving back
 * what is cached: a program that tries many of them is not slowed down by each.
 */
#include "hakmem.h"
#include "test.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>

enum { BLOCKS = 64, BYTES = 50000 };

static uint64_t purged_bytes(void) {
    hak_memory_t memory;
    HAK_FN(hak_memory_read)(&memory);
    return memory.purged_bytes;
}

static void leave_memory_cached(void) {
    void *blocks[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(BYTES);
        CHECK(blocks[i]);
        memset(blocks[i], 1, BYTES);
    }
    for (int i = 0; i < BLOCKS; i++) {
        free(blocks[i]);
    }
}

static void expect_refused(void *block, uint64_t purged_before) {
    CHECK(block == NULL && errno == ENOMEM);
    CHECK_EQ(purged_bytes(), purged_before);
    errno = 0;
}

int main(void) {
    volatile size_t huge = (size_t)1 << 60;
    void *block = malloc(16);
    leave_memory_cached();
    uint64_t before = purged_bytes();
    errno = 0;
    expect_refused(malloc(huge), before);
    expect_refused(calloc(1, huge), before);
    expect_refused(realloc(block, huge), before);
    expect_refused(memalign(64, huge), before);
    expect_refused(memalign(huge, 64), before);
    expect_refused(malloc(PTRDIFF_MAX), before);
    free(block);
    malloc_trim(0); /* and so it can be seen that memory was cached */
    CHECK(purged_bytes() > before);
    return 0;
}
