/*
 * idle_threads.c - what threads keep for themselves does not grow with their number: hundreds that
 * used blocks of many sizes, freed them and wait hold little together, and serve themselves again
 * afterwards.
 */
#include <pthread.h>

#include "api.h"
#include "resident.h"

/* If each kept its blocks that would be 240 MiB, beside some 5 MiB of stacks. */
enum { THREADS = 600, BLOCKS = 200, MOST_BYTES = 4096, MOST_MIB = 140 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int idle, round_wanted = 1;

static void use_blocks(uint64_t seed) {
    char *blocks[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        size_t bytes = 1 + (seed >> 33) % MOST_BYTES;
        blocks[i] = malloc(bytes);
        CHECK(blocks[i]);
        memset(blocks[i], (int)seed, bytes);
    }
    for (int i = 0; i < BLOCKS; i++) {
        free(blocks[i]);
    }
}

static void *work(void *number) {
    for (int round = 1; round <= 2; round++) {
        pthread_mutex_lock(&lock);
        while (round_wanted < round) {
            pthread_cond_wait(&changed, &lock);
        }
        pthread_mutex_unlock(&lock);
        use_blocks((uintptr_t)number * 2 + (unsigned)round);
        pthread_mutex_lock(&lock);
        idle++;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static void wait_for_idle(int count) {
    pthread_mutex_lock(&lock);
    while (idle < count) {
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
}

int main(void) {
    static pthread_t threads[THREADS];
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 256 * 1024);
    size_t base = allocator_bytes();
    for (int i = 0; i < THREADS; i++) {
        CHECK_EQ(pthread_create(&threads[i], &attributes, work, (void *)(uintptr_t)i), 0);
    }
    for (int round = 1; round <= 2; round++) {
        wait_for_idle(round * THREADS);
        size_t kept = allocator_bytes() - base;
        CHECK_MSG(kept < MOST_MIB * MIB, "round %d: %d idle threads keep %zu MiB", round, THREADS,
                  kept / MIB);
        pthread_mutex_lock(&lock);
        round_wanted++;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
    }
    for (int i = 0; i < THREADS; i++) {
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
    }
    return 0;
}
