/*
 * double_free_two_threads.c - blocks freed by the thread that took them, and once more by another.
 *
 * level 0-2: double free | free of a pointer that is nobody's
 * level 0-2: free of a pointer into the middle of a block
 */
#include "misuse.h"

#include <pthread.h>

static void *blocks[MANY];

static void *free_all(void *unused) {
    (void)unused;
    for (int i = 0; i < MANY; i++) {
        free(blocks[i]);
    }
    return NULL;
}

int main(void) {
    for (int i = 0; i < MANY; i++) {
        blocks[i] = malloc(33000);
        CHECK(blocks[i]);
        announce(blocks[i]);
    }
    free_all(NULL);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, free_all, NULL) == 0);
    pthread_join(thread, NULL);
    return survived();
}
