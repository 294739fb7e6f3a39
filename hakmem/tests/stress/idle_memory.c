/*
 * idle_memory.c - memory that a program freed and does not use again goes back to the OS while the
 * program goes on with small work, though that work splits and merges the free memory all the time;
 * and stays while no time passes. Time is the test's own (own_clock.h).
 */
#include "api.h"
#include "hakmem.h"
#include "own_clock.h"
#include "resident.h"
#include "test.h"

/* Less than the heap that gives back at once. The pauses are three times HAKMEM_PURGE_DELAY_MS:
 * what was idle for one of these goes back. */
enum { BLOCKS = 100, KEPT = 40, BLOCK_BYTES = 1 << 20, PAUSES = 8, PAUSE_MS = 100 };

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
    size_t base = allocator_bytes();
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(BLOCK_BYTES);
        CHECK(blocks[i]);
        memset(blocks[i], 1, BLOCK_BYTES);
    }
    size_t full = allocator_bytes() - base;
    for (int i = KEPT; i < BLOCKS; i++) {
        free(blocks[i]);
    }
    for (int i = 0; i < PAUSES; i++) {
        small_work();
    }
    size_t left = allocator_bytes() - base;
    /* at the second level of hardening, what waits to be free has no memory */
    CHECK_MSG(left >= full / 8 * 7 || test_setting("HAKMEM_HARDEN", 0) == 2,
              "%zu of %zu MiB are left at once", left / MIB, full / MIB);
    for (int i = 0; i < PAUSES; i++) {
        own_clock_advance(PAUSE_MS);
        small_work();
    }
    left = allocator_bytes() - base;
    CHECK_MSG(left <= full / BLOCKS * KEPT + full / 16, "%zu of %zu MiB are left", left / MIB,
              full / MIB);
    own_clock_check();
    return 0;
}
