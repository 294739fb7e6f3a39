/*
 * static_classify_ptr.c - the classifier answers for any address without reading it: foreign ones
 * are foreign, and every byte of a block belongs to the tier that SPEC gives its size.
 *
 * White box: linked with objects.a. Most of the foreign addresses would end the process if they
 * were read.
 */
#include "box/front_gate_classifier.h"
#include "test.h"

#include <malloc.h>
#include <sys/mman.h>

static int static_data[100];

static void expect_foreign(uintptr_t address, const char *what) {
    hak_pool_id_t pool = classify_ptr((const void *)address);
    CHECK_MSG(pool == POOL_NONE, "%s %#lx is said to be of pool %d", what, (unsigned long)address,
              (int)pool);
}

static void foreign_addresses(void) {
    int on_stack = 0;
    expect_foreign(0, "null");
    expect_foreign((uintptr_t)&on_stack, "stack");
    expect_foreign((uintptr_t)&static_data[50], "static");
    expect_foreign((uintptr_t)&foreign_addresses, "code");
    expect_foreign((uintptr_t) "literal", "read-only");
    char *map = mmap(NULL, MIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(map != MAP_FAILED);
    for (size_t at = 0; at < MIB; at += 4096) {
        expect_foreign((uintptr_t)map + at, "own mapping");
    }
    munmap(map, MIB);
    expect_foreign((uintptr_t)map, "unmapped");
    for (unsigned bit = 0; bit < 64; bit++) {
        if (bit < 40 || bit > 46) {
            expect_foreign((uintptr_t)1 << bit, "power of two");
            expect_foreign(UINTPTR_MAX << bit, "kernel half");
        }
    }
    expect_foreign(UINTPTR_MAX, "last byte");
    expect_foreign(0xffff800000000000, "first of the kernel half");
    expect_foreign(0x00007fffffffffff, "last of the user half");
    expect_foreign(0x0000800000000000, "not canonical");
}

/* Millions of addresses at random, and round about a block: the answer may be any, but there must
 * be one. */
static void any_address(void) {
    uint64_t state = 42;
    unsigned ours = 0;
    uintptr_t block = (uintptr_t)malloc(33000);
    for (int i = 0; i < 2000000; i++) {
        uint64_t random = test_random(&state);
        ours += classify_ptr((const void *)(uintptr_t)(random >> (i % 40))) != POOL_NONE;
        ours += classify_ptr((const void *)(block + (random >> (24 + i % 30)))) != POOL_NONE;
        ours += classify_ptr((const void *)(block - (random >> (24 + i % 30)))) != POOL_NONE;
    }
    CHECK(ours > 0);
    free((void *)block);
}

static void expect_tier(size_t bytes, hak_pool_id_t pool) {
    unsigned char *block = malloc(bytes);
    CHECK(block);
    size_t usable = malloc_usable_size(block);
    for (size_t at = 0; at < bytes; at += at < 100 ? 1 : 509) {
        CHECK_MSG(classify_ptr(block + at) == pool, "byte %zu of a block of %zu: pool %d", at,
                  bytes, (int)classify_ptr(block + at));
    }
    CHECK(classify_ptr(block + usable - 1) == pool);
    free(block);
}

int main(void) {
    foreign_addresses();
    any_address();
    expect_tier(1, POOL_TINY);
    expect_tier(64, POOL_TINY);
    expect_tier(1024, POOL_TINY);
    expect_tier(1025, POOL_SMALLMID);
    expect_tier(8192, POOL_SMALLMID);
    expect_tier(8193, POOL_MID);
    expect_tier(33000, POOL_MID);
    expect_tier(57344, POOL_MID);
    expect_tier(65536, POOL_LARGE);
    expect_tier(1000000, POOL_LARGE);
    expect_tier(2097152, POOL_LARGE);
    expect_tier(2097153, POOL_BIG);
    expect_tier(5000000, POOL_BIG);
    foreign_addresses();
    return 0;
}
