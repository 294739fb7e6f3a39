/*
 * idle_memory.c - memory that a program freed and does not use again goes back to the OS while it
 * goes on with small work, though that work touches and merges the free memory all the time.
 */
#include "api.h"
#include "resident.h"
#include "sizes.h"
#include "test.h"

#include <time.h>

enum { BLOCKS = 4000, SMALL = 2000, PAUSES = 150 };

static void small_work(void) {
    static void *blocks[SMALL];
    for (int i = 0; i < SMALL; i++) {
        blocks[i] = malloc(i % 100 == 0 ? 300000 : (size_t)(i % 90) * 100 + 1);
        CHECK(blocks[i]);
    }
    for (int i = 0; i < SMALL; i++) {
        free(blocks[i]);
    }
}

int main(void) {
    static char *blocks[BLOCKS];
    size_t base = resident_bytes();
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(70000);
        CHECK(blocks[i]);
        memset(blocks[i], 1, 70000);
    }
    size_t full = resident_bytes() - base;
    for (int i = 0; i < BLOCKS; i++) {
        free(blocks[i]);
    }
    size_t left = full;
    for (int i = 0; i < PAUSES && left > full / 8; i++) { /* at most 15 s; half a second is usual */
        struct timespec pause = {.tv_nsec = 100000000};
        small_work();
        nanosleep(&pause, NULL);
        left = resident_bytes() - base;
    }
    CHECK_MSG(left <= full / 8, "%zu of %zu MiB are left", left / MIB, full / MIB);
    return 0;
}
