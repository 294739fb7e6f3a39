/*
 * static_passing_by.c - while one thread gives memory back, another that has let go of much, and
 * finds it at that, returns what its magazines hold: it may not come by again.
 *
 * White box: linked with objects.a, whose madvise is the one below. At the first page that one
 * thread gives back, the other is let to free.
 */
#include "cache/thread_cache.h"
#include "test.h"

#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum { SMALL = 20000, SMALL_COUNT = 12 };
#define LARGE (64 * MIB)

static sem_t ready, may_free, freed, may_end;
static volatile bool is_armed; /* malloc and free are not known to change it */
static size_t held_before, held_after;

int madvise(void *start, size_t bytes, int advice) {
    if (advice == MADV_DONTNEED && is_armed) {
        is_armed = false;
        sem_post(&may_free);
        sem_wait(&freed);
    }
    return (int)syscall(SYS_madvise, start, bytes, advice);
}

static size_t held(void) {
    unsigned id = class_for(POOL_MID, SMALL);
    CHECK(id != 0);
    return cache_count(id);
}

static char *take(size_t bytes) {
    char *block = malloc(bytes);
    CHECK(block);
    memset(block, 1, bytes);
    return block;
}

/* Upkeep comes before a slow operation, and so sees this at the next one. */
static void let_go(char *large) {
    free(large);
    free(take(3 * MIB));
}

static void *other(void *unused) {
    char *small[SMALL_COUNT], *large = take(LARGE);
    for (int i = 0; i < SMALL_COUNT; i++) {
        small[i] = take(SMALL);
    }
    for (int i = 0; i < SMALL_COUNT; i++) {
        free(small[i]);
    }
    held_before = held();
    sem_post(&ready);
    sem_wait(&may_free);
    let_go(large);
    held_after = held();
    sem_post(&freed);
    sem_wait(&may_end);
    return unused;
}

int main(void) {
    pthread_t thread;
    CHECK(sem_init(&ready, 0, 0) == 0 && sem_init(&may_free, 0, 0) == 0);
    CHECK(sem_init(&freed, 0, 0) == 0 && sem_init(&may_end, 0, 0) == 0);
    char *large = take(3 * LARGE);
    CHECK(pthread_create(&thread, NULL, other, NULL) == 0);
    sem_wait(&ready);
    is_armed = true;
    let_go(large); /* a large heap: at once */
    CHECK_MSG(!is_armed, "nothing was given back");
    sem_post(&may_end);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK_MSG(held_before > 0 && held_after == 0, "%zu blocks in magazines, then %zu", held_before,
              held_after);
    return 0;
}
