/*
 * figures.c - the figures are read while other threads work and come and go: they may be inexact
 * then, by what is in magazines, but not nonsense; and by no data race, which the thread sanitizer
 * would name.
 */
#include "api.h"
#include "hakmem.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

enum { WORKERS = 3, BURST = 150, READS = 4000 };

#ifndef HAK_API
#define hak_memory_read HAK_FN(hak_memory_read)
#define hak_stats_dump  HAK_FN(hak_stats_dump)
#endif

static const size_t sizes[] = {40, 1000, 6000, 33000, 70000};
static bool done;

/* Bursts, so that magazines go to the depot and come back. */
static void *worker(void *argument) {
    uint64_t state = 1 + (uintptr_t)argument;
    for (int burst = 0; burst < 20; burst++) {
        void *blocks[BURST];
        size_t count = 1 + test_random(&state) % BURST;
        for (size_t i = 0; i < count; i++) {
            size_t bytes = sizes[test_random(&state) % 5];
            blocks[i] = malloc(bytes);
            CHECK_MSG(blocks[i] != NULL, "%zu", bytes);
            *(char *)blocks[i] = 1;
        }
        for (size_t i = 0; i < count; i++) {
            free(blocks[i]);
        }
    }
    return NULL;
}

static void *employer(void *argument) {
    for (uintptr_t i = 0; !__atomic_load_n(&done, __ATOMIC_RELAXED); i++) {
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, worker, (char *)argument + i) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
    }
    return NULL;
}

int main(void) {
    pthread_t threads[WORKERS];
    /* What is mapped is read before what is live: a heap that doubles in between is none. */
    char *first = malloc(32 << 20);
    CHECK(first != NULL);
    first[0] = 1;
    free(first);
    for (uintptr_t i = 0; i < WORKERS; i++) {
        CHECK(pthread_create(&threads[i], NULL, employer, (void *)(i << 32)) == 0);
    }
    for (uint64_t left = test_rounds(READS); left > 0; left--) {
        hak_memory_t memory;
        hak_memory_read(&memory);
        /* a block that changes hands meanwhile is counted twice, or not at all */
        CHECK_MSG(memory.live_bytes + memory.cached_bytes <= 2 * memory.mapped_bytes,
                  "%llu bytes live, %llu cached, %llu mapped",
                  (unsigned long long)memory.live_bytes, (unsigned long long)memory.cached_bytes,
                  (unsigned long long)memory.mapped_bytes);
        if (left % 16 == 0) {
            CHECK_EQ(hak_stats_dump("/dev/null"), 0);
        }
    }
    __atomic_store_n(&done, true, __ATOMIC_RELAXED);
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(threads[i], NULL);
    }
    return 0;
}
