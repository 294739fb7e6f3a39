/*
 * shared_lines.c - no two threads write to a cache line because of small blocks: not when each gets
 * blocks of one line from a third thread, frees them and makes them again, in any order, nor later.
 *
 * One thread makes blocks side by side and deals them to others like cards. These free them all and
 * make as many; then the same with what the others made. A line on which two threads hold a block
 * is counted by its address. There are as many threads as homes (core/slab/homes.h). With hardening
 * lines may be shared; there, as here, each block is to hold what its thread wrote.
 */
#include "api.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

enum { THREADS = 7, BLOCKS = 400, ROUNDS = 6, LINE = 64, SLOTS = 1 << 16 };

static size_t bytes;
static bool is_hardened;
static void *dealt[THREADS][BLOCKS];
static pthread_barrier_t turn;

/* Which thread holds a block on each line: an open table of this round. */
static struct {
    uintptr_t line;
    unsigned thread;
} owners[SLOTS];

static void own(uintptr_t line, unsigned thread, unsigned round) {
    size_t slot = (line / LINE * 0x9e3779b97f4a7c15u) % SLOTS;
    while (owners[slot].line != 0 && owners[slot].line != line) {
        slot = (slot + 1) % SLOTS;
    }
    CHECK_MSG(owners[slot].line == 0 || owners[slot].thread == thread,
              "%zu bytes, round %u: threads %u and %u have blocks of line %#lx", bytes, round,
              owners[slot].thread, thread, (unsigned long)line);
    owners[slot].line = line;
    owners[slot].thread = thread;
}

/* The block is full of its thread's number. */
static void check_contents(const unsigned char *block, unsigned thread) {
    for (size_t i = 0; i < bytes; i++) {
        CHECK_MSG(block[i] == thread, "%zu bytes: byte %zu is %u, thread %u wrote there", bytes, i,
                  block[i], thread);
    }
}

static void look(unsigned round) {
    memset(owners, 0, sizeof owners);
    for (unsigned thread = 0; thread < THREADS; thread++) {
        for (unsigned i = 0; i < BLOCKS; i++) {
            check_contents(dealt[thread][i], thread);
            if (is_hardened) {
                continue;
            }
            uintptr_t first = (uintptr_t)dealt[thread][i];
            own(first / LINE * LINE, thread, round);
            own((first + bytes - 1) / LINE * LINE, thread, round);
        }
    }
}

/* Each thread gives every block that it has to its neighbour, which frees it. */
static void *play(void *argument) {
    unsigned self = (unsigned)(uintptr_t)argument;
    for (unsigned round = 0; round < ROUNDS; round++) {
        void **given = dealt[(self + round) % THREADS];
        void *made[BLOCKS];
        for (unsigned i = 0; i < BLOCKS; i++) {
            free(given[i]);
            made[i] = malloc(bytes);
            CHECK(made[i] != NULL);
            memset(made[i], (int)self, bytes);
        }
        pthread_barrier_wait(&turn);
        memcpy(dealt[self], made, sizeof made);
        if (pthread_barrier_wait(&turn) == PTHREAD_BARRIER_SERIAL_THREAD) {
            look(round);
        }
        pthread_barrier_wait(&turn);
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        free(dealt[self][i]);
    }
    return NULL;
}

static void deal(void) {
    for (unsigned i = 0; i < BLOCKS; i++) {
        for (unsigned thread = 0; thread < THREADS; thread++) {
            dealt[thread][i] = malloc(bytes);
            CHECK(dealt[thread][i] != NULL);
        }
    }
}

int main(void) {
    is_hardened = test_setting("HAKMEM_HARDEN", 0) > 0;
    CHECK(pthread_barrier_init(&turn, NULL, THREADS) == 0);
    for (bytes = 8; bytes <= 48; bytes += 8) {
        pthread_t threads[THREADS];
        deal();
        for (uintptr_t i = 0; i < THREADS; i++) {
            CHECK(pthread_create(&threads[i], NULL, play, (void *)i) == 0);
        }
        for (unsigned i = 0; i < THREADS; i++) {
            CHECK(pthread_join(threads[i], NULL) == 0);
        }
    }
    return 0;
}
