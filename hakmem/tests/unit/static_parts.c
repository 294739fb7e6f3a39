/*
 * static_parts.c - the parts of the heap add up: those that are free to what is cached, and with
 * the live blocks to the spans in use; whatever blocks, threads, purging and hardening leave
 * behind.
 *
 * White box: linked with objects.a; starts itself again with options.
 */
#include "again.h"
#include "hakmem.h"
#include "span/span_heap.h"
#include "stats/stats.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 3000, THREADS = 3 };

static const size_t sizes[] = {16, 40, 700, 3000, 9000, 33000, 70000, 300000};
static pthread_barrier_t met;

static void check_parts(const char *when) {
    hak_memory_t memory;
    hak_parts_t parts;
    hak_heap_figures_t heap;
    stats_read_memory(&memory);
    stats_read_parts(&parts);
    heap_read(&heap);
    size_t cached = parts.magazine_bytes + parts.depot_bytes + parts.warm_bytes +
                    parts.quarantine_bytes + parts.dirty_bytes;
    CHECK_MSG(cached == memory.cached_bytes, "%s: %zu are not %zu", when, cached,
              (size_t)memory.cached_bytes);
    size_t used = memory.live_bytes + cached - parts.dirty_bytes + parts.cold_bytes +
                  parts.tail_bytes + parts.overhang_bytes;
    CHECK_MSG(used == heap.used_bytes, "%s: %zu are not %zu", when, used, heap.used_bytes);
}

/* All but each fifth are freed, in another order; these stay. */
static void *work(void *argument) {
    void **blocks = argument;
    uint64_t state = 1 + (uintptr_t)argument;
    for (size_t i = 0; i < COUNT; i++) {
        blocks[i] = malloc(sizes[test_random(&state) % (i % 8 + 1)]);
        CHECK(blocks[i]);
    }
    for (size_t i = 0; i < COUNT; i++) {
        void **block = &blocks[i * 7 % COUNT];
        if ((block - blocks) % 5 != 0) {
            free(*block);
            *block = NULL;
        }
    }
    pthread_barrier_wait(&met); /* all have done so */
    pthread_barrier_wait(&met); /* the figures were read */
    return NULL;
}

static void threads_work(void) {
    static void *blocks[THREADS][COUNT];
    pthread_t threads[THREADS];
    pthread_barrier_init(&met, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, work, blocks[i]) == 0);
    }
    pthread_barrier_wait(&met);
    check_parts("with threads");
    pthread_barrier_wait(&met);
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    check_parts("after their end");
    malloc_trim(0);
    check_parts("trimmed");
}

/* A block of each kind that has no class. */
static void exact_blocks(void) {
    void *big = malloc(5 * MIB + 1), *direct = memalign(16384, 40000);
    CHECK(big && direct);
    check_parts("with blocks without a class");
    free(big);
    free(direct);
}

/* The parts are there, so that sums of nothing pass no test. */
static void parts_are_told_apart(void) {
    hak_parts_t parts;
    void *blocks[40];
    for (size_t i = 0; i < 40; i++) {
        blocks[i] = malloc(3000 + i * 611); /* some of these classes leave tails */
        CHECK(blocks[i]);
    }
    for (size_t i = 0; i < 40; i++) {
        free(blocks[i]);
    }
    stats_read_parts(&parts);
    CHECK(parts.magazine_bytes > 0 && parts.magazine_bytes < 2 * MIB);
    CHECK_MSG(parts.cold_bytes > 0 && parts.tail_bytes > 0, "cold %zu, tails %zu", parts.cold_bytes,
              parts.tail_bytes);
    malloc_trim(0);
    stats_read_parts(&parts);
    CHECK_EQ(parts.dirty_bytes, 0);
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc == 1) {
        run_again("with option", "HAKMEM_HARDEN=1");
        run_again("with option", "HAKMEM_LEARN=1");
        parts_are_told_apart();
    }
    check_parts("at the start");
    exact_blocks();
    threads_work();
    return 0;
}
