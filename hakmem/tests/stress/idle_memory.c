/*
 * idle_memory.c - memory that a program freed and does not use again goes back to the OS while the
 * program goes on with small work, though that work splits and merges the free memory all the time.
 */
#include "api.h"
#include "hakmem.h"
#include "resident.h"
#include "test.h"

#include <time.h>

enum { BLOCKS = 100, BLOCK_BYTES = 3 << 20, PAUSES = 150 };

/* A sanitizer keeps memory of its own beside each block: there the allocator's figures count. */
static size_t memory_bytes(void) {
#ifdef HAK_API
    hak_memory_t memory;
    hak_memory_read(&memory);
    return memory.live_bytes + memory.cached_bytes;
#else
    return resident_bytes();
#endif
}

static void small_work(void) {
    for (int i = 0; i < 200; i++) {
        char *block = malloc(300000);
        CHECK(block);
        block[0] = 1;
        free(block);
    }
}

int main(void) {
    static char *blocks[BLOCKS];
    size_t base = memory_bytes();
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(BLOCK_BYTES);
        CHECK(blocks[i]);
        memset(blocks[i], 1, BLOCK_BYTES);
    }
    size_t full = memory_bytes() - base;
    for (int i = 0; i < BLOCKS; i++) {
        free(blocks[i]);
    }
    size_t left = full;
    for (int i = 0; i < PAUSES && left > full / 8; i++) { /* at most 15 s; half a second is usual */
        struct timespec pause = {.tv_nsec = 100000000};
        small_work();
        nanosleep(&pause, NULL);
        left = memory_bytes() - base;
    }
    CHECK_MSG(left <= full / 8, "%zu of %zu MiB are left", left / MIB, full / MIB);
    return 0;
}
