/*
 * clock_that_allocates.c - the program's own clock_gettime takes and frees memory each time that it
 * is asked, as libfaketime's does when it has to find libc's: small blocks and large ones, and so
 * many that slabs, spans and records are made for it. The allocator asks it from its slow paths; it
 * neither waits for itself nor goes round in circles.
 */
#include "test.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 4, LIVE = 500, ROUNDS = 40000, KEPT = 8 };

static unsigned long reads; /* atomic */

int clock_gettime(clockid_t clock, struct timespec *now) {
    static _Thread_local void *kept[KEPT];
    static _Thread_local unsigned at;
    unsigned long read = __atomic_add_fetch(&reads, 1, __ATOMIC_RELAXED);
    free(kept[at % KEPT]);
    size_t bytes = (size_t)24 << read % 16;
    kept[at % KEPT] = malloc(bytes);
    CHECK(kept[at % KEPT]);
    memset(kept[at++ % KEPT], 1, bytes);
    return (int)syscall(SYS_clock_gettime, clock, now);
}

static void *work(void *unused) {
    static _Thread_local unsigned char *blocks[LIVE];
    unsigned random = 1;
    (void)unused;
    for (unsigned i = 0; i < ROUNDS; i++) {
        random = random * 1664525 + 1013904223;
        unsigned char **block = &blocks[random / 65536 % LIVE];
        size_t bytes = (size_t)16 << random / 4096 % 13;
        CHECK(*block == NULL || **block == (unsigned char)(block - blocks));
        free(*block);
        *block = malloc(bytes);
        CHECK(*block);
        memset(*block, (unsigned char)(block - blocks), bytes);
    }
    for (unsigned i = 0; i < LIVE; i++) {
        free(blocks[i]);
    }
    return NULL;
}

int main(void) {
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, work, NULL) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK(__atomic_load_n(&reads, __ATOMIC_RELAXED) > 100);
    return 0;
}
