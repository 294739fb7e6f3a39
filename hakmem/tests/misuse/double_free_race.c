/*
 * double_free_race.c - two threads free the same block at the same moment, a thousand times.
 *
 * level 0: undefined
 * level 1-2: double free
 */
#include "misuse.h"

#include <pthread.h>

enum { ROUNDS = 1000 };
static void *block;
static pthread_barrier_t barrier;

static void *free_all(void *unused) {
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) {
            block = announced(malloc(64));
        }
        pthread_barrier_wait(&barrier);
        free(block);
    }
    return NULL;
}

int main(void) {
    pthread_t threads[2];
    CHECK(pthread_barrier_init(&barrier, NULL, 2) == 0);
    for (int i = 0; i < 2; i++) {
        CHECK(pthread_create(&threads[i], NULL, free_all, NULL) == 0);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    return survived();
}
