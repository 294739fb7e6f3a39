/*
 * static_live_flags.c - with hardening, a block's flag is up while the program has it, and no other
 * address within the block has one that is up, be its size class what it may; live_map.h says how
 * flags of different classes share a map.
 *
 * White box: linked with objects.a; starts itself again with HAKMEM_HARDEN=1 and 2.
 */
#include "again.h"
#include "harden/live.h"
#include "test.h"

#include <string.h>

enum { BLOCKS = 40 };

static bool is_up(uintptr_t address) {
    const uint8_t *flag = live_flag(address);
    return flag != NULL && live_is_up(flag);
}

/* Every address of small blocks, those that are multiples of 16 of larger ones. */
static void check_block(uintptr_t block, size_t bytes) {
    size_t step = bytes > 8 * KIB ? 16 : 1;
    CHECK_MSG(is_up(block), "%zu bytes", bytes);
    for (size_t at = step; at < bytes; at += step) {
        CHECK_MSG(!is_up(block + at), "byte %zu of %zu", at, bytes);
    }
}

static void check_size(size_t bytes, size_t alignment) {
    void *blocks[BLOCKS];
    size_t count = bytes > 64 * KIB ? 4 : BLOCKS;
    for (size_t i = 0; i < count; i++) {
        CHECK_MSG(posix_memalign(&blocks[i], alignment, bytes) == 0, "%zu bytes", bytes);
    }
    for (size_t i = 0; i < count; i++) {
        check_block((uintptr_t)blocks[i], bytes);
    }
    for (size_t i = 0; i < count; i += 2) {
        free(blocks[i]);
    }
    for (size_t i = 0; i < count; i++) {
        CHECK_MSG(is_up((uintptr_t)blocks[i]) == (i % 2 == 1), "block %zu, %zu bytes", i, bytes);
    }
    for (size_t i = 1; i < count; i += 2) {
        free(blocks[i]);
    }
}

/* A span that grows and shrinks where it lies keeps its flag. */
static void check_resized(void) {
    char *block = malloc(100 * KIB);
    for (size_t bytes = 100 * KIB; bytes < 3 * MIB; bytes += bytes / 3) {
        block = realloc(block, bytes);
        CHECK(block != NULL && is_up((uintptr_t)block));
    }
    block = realloc(block, 70 * KIB);
    CHECK(block != NULL && is_up((uintptr_t)block));
    free(block);
    CHECK(!is_up((uintptr_t)block));
}

static int check_all(void) {
    for (size_t bytes = 1; bytes < 1024; bytes += 13) {
        check_size(bytes, 16);
    }
    for (size_t bytes = 1024; bytes < 300 * KIB; bytes += bytes / 5) {
        check_size(bytes, 16);
    }
    for (size_t alignment = 32; alignment <= 1 * MIB; alignment *= 4) {
        check_size(3000, alignment);
    }
    check_size(3 * MIB, 16);
    check_resized();
    return 0;
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc > 1) {
        return check_all();
    }
    run_again("1", "HAKMEM_HARDEN=1");
    run_again("2", "HAKMEM_HARDEN=2");
    return 0;
}
