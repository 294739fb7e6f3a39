/*
 * exit_with_threads.c - a process ends while its threads allocate: by exit, by return from main, by
 * quick_exit, by pthread_exit of the main thread; with all that hakmem does at exit turned on. It
 * ends in order each time, and the statistics are whole.
 */
#include "child.h"
#include "stats.h"
#include "test.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

enum { THREADS = 4, ROUNDS = 12 };

static const size_t sizes[] = {40, 900, 3000, 33000, 60000, 300000, 2500000};
static int busy, last_only;

static void *allocate(void *argument) {
    uint64_t state = (uintptr_t)argument + 1;
    for (uint64_t i = 0;; i++) {
        size_t bytes = sizes[test_random(&state) % 7];
        char *block = malloc(bytes);
        CHECK(block);
        block[bytes - 1] = 1;
        free(block);
        if (i == 200) {
            __atomic_fetch_add(&busy, 1, __ATOMIC_RELAXED);
        }
        if (i > 2000 && __atomic_load_n(&last_only, __ATOMIC_RELAXED)) {
            return NULL;
        }
    }
}

static void at_exit(void) {
    char *block = malloc(33000);
    CHECK(block);
    memset(block, 1, 33000);
    free(block);
}

/* The program under test. */
static int end_by(const char *way) {
    pthread_t thread;
    CHECK(atexit(at_exit) == 0 && at_quick_exit(at_exit) == 0);
    for (uintptr_t i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&thread, NULL, allocate, (void *)i) == 0);
        CHECK(pthread_detach(thread) == 0);
    }
    while (__atomic_load_n(&busy, __ATOMIC_RELAXED) < THREADS) {
        usleep(200);
    }
    if (strcmp(way, "exit") == 0) {
        exit(0);
    }
    if (strcmp(way, "quick_exit") == 0) {
        quick_exit(0);
    }
    if (strcmp(way, "pthread_exit") == 0) {
        __atomic_store_n(&last_only, 1, __ATOMIC_RELAXED);
        pthread_exit(NULL);
    }
    return 0;
}

int main(int count, char **arguments) {
    static const char *const ways[] = {"exit", "return", "quick_exit", "pthread_exit"};
    if (count > 1) {
        return end_by(arguments[1]);
    }
    for (int i = 0; i < ROUNDS; i++) {
        for (size_t way = 0; way < 4; way++) {
            bool has_destructors = strcmp(ways[way], "quick_exit") != 0;
            const char *path = temp_path();
            char setting[128];
            snprintf(setting, sizeof setting, "HAKMEM_STATS=%s", path);
            child_t child = CHILD_RUN(ways[way], setting, "HAKMEM_ACE_TRACE=2",
                                      "HAKMEM_WMAX_MID=1.01", "HAKMEM_ACE_TRACE_FILE=/dev/null");
            child_expect_success(&child);
            if (has_destructors) {
                json_t *stats = stats_load(path);
                CHECK(stats_u64(stats, "ace.totals.threshold") > 0);
                json_decref(stats);
            }
            child_free(&child);
        }
    }
    return 0;
}
