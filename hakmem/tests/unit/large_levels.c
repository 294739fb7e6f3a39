/*
 * large_levels.c - a program that grows by large blocks, faster than memory goes back by the clock,
 * which stands still here: what it outgrew does not stay beside what it grew to. And one that comes
 * back to a level that it has had keeps the memory for it: its page faults are those of the first
 * time.
 *
 * On the machine's own kernel: resident memory and page faults are its figures.
 */
#include "own_clock.h"
#include "resident.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { ARRAYS = 4, BLOCKS = 5, ROUNDS = 20 };

static size_t highest_resident;

static void *filled(void *block, size_t bytes) {
    CHECK(block);
    memset(block, 1, bytes);
    size_t now = resident_bytes();
    highest_resident = now > highest_resident ? now : highest_resident;
    return block;
}

/* In turn by half, to 32 MiB each: while the last one moves, its old place is alive, too. */
static void arrays_that_outgrow_their_places(void) {
    char *arrays[ARRAYS] = {NULL};
    size_t bytes = 4096, base = resident_bytes();
    while (bytes / 2 * 3 <= 32 * MIB) {
        bytes = bytes / 2 * 3;
        for (int i = 0; i < ARRAYS; i++) {
            arrays[i] = filled(realloc(arrays[i], bytes), bytes);
        }
    }
    size_t live = ARRAYS * bytes + bytes / 3 * 2, most = highest_resident - base;
    CHECK_MSG(most <= live + live / 5, "%zu bytes resident for %zu", most, live);
    for (int i = 0; i < ARRAYS; i++) {
        free(arrays[i]);
    }
}

static long faults(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

/* Blocks of 24 to 4 MiB, all freed: the same again and again. */
static void come_and_go(void) {
    char *blocks[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++) {
        size_t bytes = (24 - 5 * i) * MIB;
        blocks[i] = filled(malloc(bytes), bytes);
    }
    for (int i = 0; i < BLOCKS; i++) {
        free(blocks[i]);
    }
}

static void levels_that_recur(void) {
    come_and_go();
    long before = faults();
    for (int round = 0; round < ROUNDS; round++) {
        come_and_go();
    }
    long most = (24 + 19 + 14 + 9 + 4) * (long)(MIB / 4096);
    long all = faults() - before;
    CHECK_MSG(all <= most, "%ld page faults in %d rounds of %ld pages", all, ROUNDS, most);
}

int main(void) {
    free(malloc(1)); /* the heap is there before memory is counted */
    arrays_that_outgrow_their_places();
    if (test_setting("HAKMEM_HARDEN", 0) < 2) { /* which gives back what is freed */
        levels_that_recur();
    }
    own_clock_check();
    return 0;
}
