/*
 * double_free_other_thread.c - a 64-byte block that one thread has freed is freed by another.
 *
 * level 0: unnoticed
 * level 1-2: double free
 */
#include "misuse.h"

#include <pthread.h>

static void *free_it(void *block) {
    free(block);
    return NULL;
}

int main(void) {
    void *block = announced(malloc(64));
    pthread_t thread;
    free(block);
    CHECK(pthread_create(&thread, NULL, free_it, block) == 0);
    pthread_join(thread, NULL);
    return survived();
}
