/*
 * fork_under_load.c - fork while threads allocate: the child, which has only the forking thread,
 * finds every lock free and the heap whole, and so does the parent.
 */
#include "api.h"
#include "tier_work.h"

#include <pthread.h>
#include <string.h>
#include <sys/wait.h>

enum { THREADS = 3, FORKS = 18, HELD = 64 };

static int stop;

static void *held[HELD];

static void *worker(void *argument) {
    uint64_t state = (uintptr_t)argument + 1;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        tier_work(&state, 100);
    }
    return NULL;
}

static void *in_child_thread(void *unused) {
    uint64_t state = 99;
    (void)unused;
    tier_work(&state, 200);
    return NULL;
}

__attribute__((noreturn)) static void child(uint64_t state) {
    for (int i = 0; i < HELD; i++) {
        CHECK(((unsigned char *)held[i])[32999] == (unsigned char)i);
        free(held[i]);
    }
    tier_work(&state, 500);
#ifndef HAK_API
    /* a sanitizer does not let a forked child start threads */
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, in_child_thread, NULL) == 0);
    pthread_join(thread, NULL);
#else
    in_child_thread(NULL);
#endif
    _exit(0);
}

int main(void) {
    uint64_t state = test_setting("HAK_TEST_SEED", 1);
    uint64_t forks = test_rounds(FORKS);
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, worker, (void *)i) == 0);
    }
    for (int i = 0; i < HELD; i++) {
        held[i] = malloc(33000);
        CHECK(held[i]);
        memset(held[i], i, 33000);
    }
    for (uint64_t i = 0; i < forks; i++) {
        tier_work(&state, 20);
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            child(state + i);
        }
        int status = 0;
        CHECK(waitpid(pid, &status, 0) == pid);
        CHECK_MSG(WIFEXITED(status) && WEXITSTATUS(status) == 0, "fork %llu: status %#x",
                  (unsigned long long)i, (unsigned)status);
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (int i = 0; i < HELD; i++) {
        CHECK(((unsigned char *)held[i])[32999] == (unsigned char)i);
        free(held[i]);
    }
    return 0;
}
