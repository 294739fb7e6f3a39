/*
 * large_in_turn.c - more threads than places where a span waits to be merged (span/deferred.h)
 * replace large blocks, their own and each other's, while one forks: every block is whole, in the
 * children too, and in the end nothing is in use that was not before.
 */
#include "api.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/wait.h>

enum { THREADS = 20, SHARED = 12, ROUNDS = 3000, FORKS = 5 };

static unsigned char *shared[SHARED];
static bool has_forked; /* for the last time */

static size_t size_of(uint64_t *state) {
    static const size_t sizes[] = {70000, 200000, 300000, 310000, 600000, 640000, 1000000, 2000000};
    return sizes[test_random(state) % 8] - test_random(state) % 5000;
}

/* Its length is at the beginning, and a word made of it at both ends. */
static unsigned char *make(uint64_t *state) {
    size_t bytes = size_of(state);
    unsigned char *block = malloc(bytes);
    CHECK(block);
    size_t *words = (size_t *)(void *)block;
    words[0] = bytes;
    words[1] = ~(bytes ^ (uintptr_t)block);
    block[bytes - 1] = (unsigned char)(uintptr_t)block ^ (unsigned char)((uintptr_t)block >> 12);
    return block;
}

static void end(unsigned char *block) {
    if (block == NULL) {
        return;
    }
    const size_t *words = (const size_t *)(const void *)block;
    CHECK(words[1] == ~(words[0] ^ (uintptr_t)block));
    unsigned char last = (unsigned char)(uintptr_t)block ^ (unsigned char)((uintptr_t)block >> 12);
    CHECK(block[words[0] - 1] == last);
    free(block);
}

static void work(uint64_t *state, uint64_t rounds) {
    unsigned char *own[2] = {make(state), make(state)};
    for (uint64_t i = 0; i < rounds; i++) {
        unsigned char **place = &own[test_random(state) % 2];
        end(*place);
        *place = make(state);
        if (i % 4 == 0) {
            unsigned at = (unsigned)(test_random(state) % SHARED);
            *place = __atomic_exchange_n(&shared[at], *place, __ATOMIC_ACQ_REL);
            *place = *place == NULL ? make(state) : *place;
        }
    }
    end(own[0]);
    end(own[1]);
}

static void *worker(void *argument) {
    uint64_t state = test_setting("HAK_TEST_SEED", 1) * 100 + (uintptr_t)argument + 1;
    do {
        work(&state, test_rounds(ROUNDS));
    } while (!__atomic_load_n(&has_forked, __ATOMIC_RELAXED));
    return NULL;
}

static void fork_once(uint64_t seed) {
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        for (int i = 0; i < SHARED; i++) {
            end(shared[i]);
        }
        uint64_t state = seed + 1000;
        for (int i = 0; i < SHARED; i++) {
            shared[i] = NULL;
        }
        work(&state, 200);
        _exit(0);
    }
    int status = 0;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_MSG(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %#x", (unsigned)status);
}

int main(void) {
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, worker, (void *)i) == 0);
    }
    for (uint64_t i = 0; i < FORKS; i++) {
        uint64_t state = i + 1;
        work(&state, 100);
        fork_once(i);
    }
    __atomic_store_n(&has_forked, true, __ATOMIC_RELAXED);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (int i = 0; i < SHARED; i++) {
        end(shared[i]);
    }
    return 0;
}
