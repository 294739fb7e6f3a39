/*
 * trim.c - malloc_trim gives cached memory back to the OS: resident memory falls to about what it
 * was, live blocks are untouched, and what was given back can be used again.
 *
 * On the machine's own kernel: what qemu needs for itself is resident, too.
 */
#include "resident.h"
#include "test.h"

#include <malloc.h>
#include <string.h>

enum { COUNT = 1000 };

static void *blocks[COUNT];

static void allocate_all(size_t bytes) {
    for (int i = 0; i < COUNT; i++) {
        blocks[i] = malloc(bytes);
        CHECK(blocks[i]);
        memset(blocks[i], i, bytes);
    }
}

static void round_trip(size_t bytes) {
    malloc_trim(0);
    size_t base = resident_bytes();
    allocate_all(bytes);
    size_t full = resident_bytes();
    CHECK_MSG(full >= base + COUNT * bytes / 10 * 9, "%zu -> %zu", base, full);
    unsigned char *kept = blocks[COUNT / 2];
    for (int i = 0; i < COUNT; i++) {
        if (blocks[i] != kept) {
            free(blocks[i]);
        }
    }
    CHECK_EQ(malloc_trim(0), 1);
    size_t after = resident_bytes();
    CHECK_MSG(after <= base + 4 * MIB, "%zu bytes each: %zu -> %zu -> %zu", bytes, base, full,
              after);
    for (size_t i = 0; i < bytes; i++) {
        CHECK(kept[i] == (unsigned char)(COUNT / 2));
    }
    free(kept);
}

int main(void) {
    free(malloc(1)); /* the heap is there before memory is counted */
    round_trip(33000);
    round_trip(200);
    round_trip(5000);
    round_trip(100000);
    round_trip(33000);
    return 0;
}
