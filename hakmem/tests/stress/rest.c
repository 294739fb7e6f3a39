/*
 * rest.c - hak_idle: what a program freed before it rests goes back, however young the heap is, and
 * what a resting thread kept for itself, too; a program that rests often and takes the same memory
 * again each time keeps it.
 *
 * Time is the test's own (own_clock.h).
 */
#include "api.h"
#include "hakmem.h"
#include "own_clock.h"
#include "resident.h"
#include "test.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

enum { BLOCKS = 1600, BYTES = 33000, KEPT = 4, SWINGS = 40 };

static char *blocks[BLOCKS];

static void rest(void) {
    HAK_FN(hak_idle)();
}

static hak_memory_t memory(void) {
    hak_memory_t now;
    HAK_FN(hak_memory_read)(&now);
    return now;
}

static void fill(size_t from, size_t to) {
    for (size_t i = from; i < to; i++) {
        if (blocks[i] == NULL) {
            blocks[i] = malloc(BYTES);
            CHECK(blocks[i]);
            for (size_t at = 0; at < BYTES; at += 4096) { /* of each page */
                blocks[i][at] = 1;
            }
        }
    }
}

/* All but each `kept`-th; 0: all. */
static void release(size_t from, size_t to, size_t kept) {
    for (size_t i = from; i < to; i++) {
        if (kept == 0 || i % kept != 0) {
            free(blocks[i]);
            blocks[i] = NULL;
        }
    }
}

/* Three quarters of a young heap. */
static void check_burst(void) {
    size_t base = allocator_bytes();
    fill(0, BLOCKS);
    release(0, BLOCKS, KEPT);
    errno = 7;
    rest();
    CHECK_EQ(errno, 7);
    size_t left = allocator_bytes() - base, live = (size_t)BLOCKS / KEPT * BYTES;
    /* whole pages of each live block; the rest is records, and flags with hardening */
    size_t allowed = live / 33 * 41 + live / 4 + 2 * MIB;
    CHECK_MSG(left <= allowed, "%zu KiB are left of %zu live, allowed %zu", left / KIB, live / KIB,
              allowed / KIB);
    release(0, BLOCKS, 0);
}

/* Between two rests a fifth of a second passes, in which the memory is taken again. */
static void check_swings(void) {
    fill(0, BLOCKS);
    uint64_t before = memory().purged_bytes;
    for (int i = 0; i < SWINGS; i++) {
        release(BLOCKS / 4, BLOCKS, 0);
        rest();
        own_clock_advance(100);
        fill(BLOCKS / 4, BLOCKS);
        own_clock_advance(100);
    }
    uint64_t purged = memory().purged_bytes - before,
             swung = (uint64_t)SWINGS * BLOCKS / 4 * 3 * BYTES;
    CHECK_MSG(purged <= swung / 8, "%llu of %llu MiB were purged",
              (unsigned long long)(purged / MIB), (unsigned long long)(swung / MIB));
    release(0, BLOCKS, 0);
}

static pthread_barrier_t step; /* which both threads take */

static void *worker(void *unused) {
    (void)unused;
    void *own[64];
    for (size_t bytes = 500; bytes <= 2000; bytes *= 2) { /* too little for a look of upkeep's */
        for (int i = 0; i < 64; i++) {
            own[i] = malloc(bytes);
            CHECK(own[i]);
            memset(own[i], 1, bytes);
        }
        for (int i = 0; i < 64; i++) {
            free(own[i]);
        }
    }
    pthread_barrier_wait(&step); /* all is freed … */
    pthread_barrier_wait(&step); /* … and what is cached was read */
    rest();
    pthread_barrier_wait(&step);
    pthread_barrier_wait(&step);
    return NULL;
}

/* A thread that lives on; what the program has shown to need, or to regret, is long ago. */
static void check_worker(void) {
    pthread_t thread;
    own_clock_advance(60000);
    rest();
    own_clock_advance(60000);
    rest();
    uint64_t before = memory().cached_bytes;
    CHECK(pthread_barrier_init(&step, NULL, 2) == 0);
    CHECK(pthread_create(&thread, NULL, worker, NULL) == 0);
    pthread_barrier_wait(&step);
    uint64_t busy = memory().cached_bytes;
    pthread_barrier_wait(&step);
    CHECK_MSG(busy >= before + 64 * KIB, "%llu KiB cached, then %llu",
              (unsigned long long)before / KIB, (unsigned long long)busy / KIB);
    pthread_barrier_wait(&step);
    uint64_t rested = memory().cached_bytes;
    CHECK_MSG(rested <= before + 16 * KIB, "%llu KiB cached, %llu, at rest %llu",
              (unsigned long long)before / KIB, (unsigned long long)busy / KIB,
              (unsigned long long)rested / KIB);
    pthread_barrier_wait(&step);
    pthread_join(thread, NULL);
}

int main(void) {
    check_burst();
    own_clock_advance(1000);
    check_swings();
    if (test_setting("HAKMEM_HARDEN", 0) < 2) { /* where freed blocks wait */
        check_worker();
    }
    own_clock_check();
    return 0;
}
