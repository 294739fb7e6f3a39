/*
 * calloc_sparse.c - a large block from calloc takes memory as it is written to, also where it lies
 * in memory that was used before; and it is zero.
 *
 * On the machine's own kernel: what qemu needs for itself is resident, too.
 */
#include "resident.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 5 };

static void expect_sparse(size_t bytes, size_t dirty_bytes) {
    size_t before = resident_bytes();
    for (int round = 0; round < ROUNDS; round++) {
        char *used = malloc(dirty_bytes);
        CHECK(used);
        memset(used, 0xa5, dirty_bytes);
        free(used);
        unsigned char *block = calloc(1, bytes);
        CHECK(block);
        CHECK(block[0] == 0 && block[bytes / 2] == 0 && block[bytes - 1] == 0);
        block[0] = block[bytes - 1] = 1;
        size_t after = resident_bytes();
        CHECK_MSG(after <= before + 8 * MIB, "round %d: %zu bytes more resident, 2 written", round,
                  after - before);
        free(block);
    }
}

/* All of it is read: no byte of what was there before is left, at the ends either. */
static void expect_zero(size_t bytes) {
    for (int round = 0; round < 2; round++) {
        unsigned char *used = malloc(bytes + 100000);
        CHECK(used);
        memset(used, 0xa5, bytes + 100000);
        free(used);
        unsigned char *block = calloc(bytes, 1);
        CHECK(block);
        CHECK(block[0] == 0 && memcmp(block, block + 1, bytes - 1) == 0);
        free(block);
    }
}

int main(void) {
    free(malloc(1)); /* the heap is there before memory is counted */
    expect_sparse(512 * MIB, 4096);
    expect_sparse(64 * MIB, 64 * MIB);
    expect_zero(33 * MIB + 12345);
    expect_zero(48 * MIB);
    return 0;
}
