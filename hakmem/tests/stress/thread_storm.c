/*
 * thread_storm.c - ten thousand threads come and go while others free their blocks: at the very
 * moment when a thread's cache is taken apart, from destructors of its thread-specific data, and by
 * threads that nobody joins. No block is lost, doubled or overwritten.
 *
 * Blocks change hands in a table of slots, each exchanged atomically: whoever takes one out checks
 * and frees it.
 */
#include "api.h"
#include "hakmem.h"
#include "test.h"

#include <dirent.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <string.h>

enum { THREADS = 10000, AT_ONCE = 12, FREERS = 2, SLOTS = 512, TURNS = 24 };

typedef struct block {
    size_t bytes;
    uint64_t serial;
    unsigned char rest[];
} block_t;

static block_t *slots[SLOTS];
static sem_t room; /* for another detached thread */
static int stop;
static pthread_key_t keys[2];

static block_t *make(uint64_t *state) {
    static const size_t sizes[] = {24, 64, 200, 1000, 3000, 8000, 33000, 70000, 300000};
    size_t pick = test_random(state) % 64;
    size_t bytes = sizes[pick < 9 ? pick : pick % 6] + test_random(state) % 16;
    block_t *block = malloc(bytes);
    CHECK(block);
    block->bytes = bytes;
    block->serial = test_random(state);
    memset(block->rest, (int)block->serial, bytes - sizeof *block);
    return block;
}

static void check_and_free(block_t *block) {
    for (size_t i = 0; i < block->bytes - sizeof *block; i += i < 300 ? 1 : 997) {
        CHECK_MSG(block->rest[i] == (unsigned char)block->serial, "byte %zu of %zu at %p", i,
                  block->bytes, (void *)block);
    }
    free(block);
}

/* Puts `block` (or NULL) into a slot and frees what was there. */
static void exchange(uint64_t *state, block_t *block) {
    block_t *old = __atomic_exchange_n(&slots[test_random(state) % SLOTS], block, __ATOMIC_ACQ_REL);
    if (old) {
        check_and_free(old);
    }
}

/* Runs after the allocator took this thread's cache apart, since its key is the older one; and
 * again, in further rounds, of which there are four at most: what is set in the last is lost. */
static void destructor(void *value) {
    static _Thread_local int calls;
    block_t *block = value;
    uint64_t state = block->serial | 1;
    exchange(&state, block);
    exchange(&state, make(&state));
    if (++calls <= 3 && pthread_getspecific(keys[calls % 2]) == NULL) {
        CHECK(pthread_setspecific(keys[calls % 2], make(&state)) == 0);
    }
}

static void live(uint64_t seed) {
    uint64_t state = seed * 2654435761u + 1;
    CHECK(pthread_setspecific(keys[0], make(&state)) == 0);
    for (int i = 0; i < TURNS; i++) {
        exchange(&state, make(&state));
    }
    CHECK(pthread_setspecific(keys[1], make(&state)) == 0);
}

static void *joined(void *argument) {
    live((uintptr_t)argument);
    return NULL;
}

static void *detached(void *argument) {
    live((uintptr_t)argument);
    sem_post(&room);
    return NULL;
}

static void *freer(void *argument) {
    uint64_t state = (uintptr_t)argument + 77;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        for (int i = 0; i < 64; i++) {
            exchange(&state, NULL);
        }
        usleep(100);
    }
    return NULL;
}

static void start(pthread_t *thread, bool is_detached, uintptr_t seed) {
    pthread_attr_t attributes;
    CHECK(pthread_attr_init(&attributes) == 0);
    CHECK(pthread_attr_setstacksize(&attributes, 256 * KIB) == 0);
    if (is_detached) {
        CHECK(pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0);
    }
    CHECK(pthread_create(thread, &attributes, is_detached ? detached : joined, (void *)seed) == 0);
    pthread_attr_destroy(&attributes);
}

static void storm(uint64_t count) {
    pthread_t ring[AT_ONCE], unused;
    bool is_running[AT_ONCE] = {false};
    for (uint64_t i = 0; i < count; i++) {
        if (i % 2) {
            while (sem_wait(&room) != 0) {
            }
            start(&unused, true, i);
            continue;
        }
        size_t at = i / 2 % AT_ONCE;
        if (is_running[at]) {
            CHECK(pthread_join(ring[at], NULL) == 0);
        }
        start(&ring[at], false, i);
        is_running[at] = true;
    }
    for (size_t i = 0; i < AT_ONCE; i++) {
        CHECK(!is_running[i] || pthread_join(ring[i], NULL) == 0);
    }
    for (int i = 0; i < AT_ONCE; i++) { /* until the detached ones have posted */
        while (sem_wait(&room) != 0) {
        }
    }
    for (int i = 0; i < AT_ONCE; i++) {
        sem_post(&room);
    }
}

/* But for the blocks in the slots, which are freed. */
static size_t live_bytes(void) {
    hak_memory_t memory;
    for (size_t i = 0; i < SLOTS; i++) {
        block_t *block = __atomic_exchange_n(&slots[i], NULL, __ATOMIC_ACQ_REL);
        if (block) {
            check_and_free(block);
        }
    }
    HAK_FN(hak_memory_read)(&memory);
    return memory.live_bytes;
}

static unsigned count_threads(void) {
    unsigned count = 0;
    DIR *folder = opendir("/proc/self/task");
    CHECK(folder);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        count += entry->d_name[0] != '.';
    }
    closedir(folder);
    return count;
}

/* The main thread, and one of qemu's; the thread sanitizer has one, from the first that is created
 * on. */
static unsigned threads_that_stay;
static void count_those_that_stay(void) {
    threads_that_stay = count_threads();
#ifdef __SANITIZE_THREAD__
    threads_that_stay = 2;
#endif
}

/* Threads that nobody joins may still be in their destructors when they have posted. */
static size_t settled_bytes(void) {
    while (count_threads() > threads_that_stay) {
        usleep(1000);
    }
    return live_bytes();
}

int main(void) {
    uint64_t count = test_rounds(THREADS);
    count_those_that_stay();
    CHECK(pthread_key_create(&keys[0], destructor) == 0);
    CHECK(pthread_key_create(&keys[1], destructor) == 0);
    CHECK(sem_init(&room, 0, AT_ONCE) == 0);
    free(malloc(1));
    storm(64); /* what libc keeps for threads is taken by now */
    size_t most = settled_bytes() + 256 * KIB;
    pthread_t freers[FREERS];
    for (uintptr_t i = 0; i < FREERS; i++) {
        CHECK(pthread_create(&freers[i], NULL, freer, (void *)i) == 0);
    }
    storm(count);
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < FREERS; i++) {
        pthread_join(freers[i], NULL);
    }
    size_t left = settled_bytes();
    CHECK_MSG(left <= most, "%zu KiB are alive after %llu threads, at most %zu expected",
              left / KIB, (unsigned long long)count, most / KIB);
    return 0;
}
