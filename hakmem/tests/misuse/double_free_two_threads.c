/*
 * double_free_two_threads.c - blocks freed by the thread that took them, and once more by another.
 * Between them are blocks that stay, so that their slabs do.
 *
 * level 0-2: double free
 */
#include "misuse.h"

#include <pthread.h>

static void *blocks[MANY];

static void *free_every_other(void *unused) {
    (void)unused;
    for (int i = 0; i < MANY; i += 2) {
        free(blocks[i]);
    }
    return NULL;
}

int main(void) {
    for (int i = 0; i < MANY; i++) {
        blocks[i] = announced(malloc(33000));
    }
    free_every_other(NULL);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, free_every_other, NULL) == 0);
    pthread_join(thread, NULL);
    return survived();
}
