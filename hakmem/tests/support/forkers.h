/*
 * forkers.h - threads that work until others, which fork, are done.
 */
#ifndef HAK_TEST_FORKERS_H
#define HAK_TEST_FORKERS_H

#include "test.h"

#include <pthread.h>
#include <stdbool.h>

enum { FORKERS_MOST = 16 };

static int forkers_are_done;

/* A worker asks this between two pieces of work. */
static inline bool forkers_work(void) {
    return !__atomic_load_n(&forkers_are_done, __ATOMIC_RELAXED);
}

/* Each thread gets its number, from 0; workers come first. */
static inline void forkers_run(void *(*worker)(void *), int workers, void *(*forker)(void *),
                               int forkers) {
    pthread_t threads[FORKERS_MOST];
    CHECK(workers + forkers <= FORKERS_MOST);
    for (int i = 0; i < workers + forkers; i++) {
        void *(*body)(void *) = i < workers ? worker : forker;
        CHECK(pthread_create(&threads[i], NULL, body, (void *)(uintptr_t)i) == 0);
    }
    for (int i = workers; i < workers + forkers; i++) {
        pthread_join(threads[i], NULL);
    }
    __atomic_store_n(&forkers_are_done, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < workers; i++) {
        pthread_join(threads[i], NULL);
    }
}

#endif
