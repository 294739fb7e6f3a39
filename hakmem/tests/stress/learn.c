/*
 * learn.c - HAKMEM_LEARN with several threads whose sizes change: blocks that one takes and another
 * frees, resizes and looks at, while classes come, go, and their ids become other classes. Each
 * block keeps its contents, and is no shorter than asked for.
 *
 * Time is the test's own (own_clock.h): it passes with the work.
 */
#include "api.h"
#include "hakmem.h"
#include "own_clock.h"
#include "test.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

enum { THREADS = 4, SLOTS = 60, PHASES = 24, STEPS = 1200 };

typedef struct block {
    unsigned char *at;
    size_t bytes;
} block_t;

static block_t shared[THREADS][SLOTS];
static pthread_mutex_t locks[THREADS];
static uint64_t first_seed;

static void mark(block_t *block) {
    block->at[0] = (unsigned char)block->bytes;
    block->at[block->bytes / 2] = (unsigned char)(block->bytes >> 8);
    block->at[block->bytes - 1] = (unsigned char)block->bytes;
}

static void check(const block_t *block) {
    CHECK_MSG(malloc_usable_size(block->at) >= block->bytes &&
                  block->at[block->bytes / 2] == (unsigned char)(block->bytes >> 8) &&
                  block->at[block->bytes - 1] == (unsigned char)block->bytes,
              "%zu bytes, seed %llu", block->bytes, (unsigned long long)first_seed);
}

/* Each phase has a size of its own, and strays. */
static size_t size_of(unsigned phase, uint64_t random) {
    static const size_t sizes[] = {33000, 9300, 70000, 2100, 45100, 300000, 5300, 17700};
    size_t bytes = sizes[phase % 8] + phase / 8 * 1300 + random % 120;
    return random % 37 == 0 ? 1 + random % 100000 : bytes;
}

static void step(unsigned phase, uint64_t *seed) {
    uint64_t random = test_random(seed);
    unsigned of = (unsigned)(random % THREADS);
    size_t bytes = size_of(phase, random >> 16);
    pthread_mutex_lock(&locks[of]);
    block_t *block = &shared[of][random / THREADS % SLOTS];
    if (block->at != NULL) {
        check(block);
    }
    if (block->at != NULL && random % 5 == 0) {
        block_t resized = {realloc(block->at, bytes), bytes};
        CHECK(resized.at);
        *block = resized;
    } else {
        free(block->at);
        *block = (block_t){malloc(bytes), bytes};
        CHECK(block->at);
    }
    mark(block);
    pthread_mutex_unlock(&locks[of]);
}

static void *work(void *number) {
    uint64_t seed = first_seed * 64 + (uintptr_t)number + 1;
    for (unsigned phase = 0; phase < PHASES; phase++) {
        for (uint64_t i = 0; i < test_rounds(STEPS); i++) {
            step(phase, &seed);
            if (i % 100 == 0) {
                own_clock_advance(10);
            }
        }
    }
    return NULL;
}

int main(int argc, char **argv) {
    (void)argc;
    if (getenv("HAKMEM_LEARN") == NULL) { /* which is read at start-up */
        setenv("HAKMEM_LEARN", "1", 1);
        execv("/proc/self/exe", argv);
        return 1;
    }
    first_seed = test_setting("HAK_TEST_SEED", 1);
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++) {
        pthread_mutex_init(&locks[i], NULL);
    }
    for (uintptr_t i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (unsigned i = 0; i < THREADS * SLOTS; i++) {
        block_t *block = &shared[i / SLOTS][i % SLOTS];
        if (block->at != NULL) {
            check(block);
        }
        free(block->at);
    }
    own_clock_check();
    return 0;
}
