/*
 * fork_storm.c - several threads of one process fork at once, at any moment, while the others
 * allocate: the child allocates and ends, or becomes another program that does, by fork, vfork or
 * posix_spawn; handlers of pthread_atfork allocate on all three sides. No child hangs, and none
 * finds a block that is not what it was.
 */
#include "api.h"
#include "forkers.h"
#include "tier_work.h"

#include <pthread.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

enum { WORKERS = 2, FORKERS = 3, FORKS = 15, HELD = 48 };

/* Taken before the fork, freed by both sides. Handlers of several forks run at once. */
static _Thread_local unsigned char *from_prepare;

static void before_fork(void) {
    uint64_t state = 3;
    tier_work(&state, 3);
    from_prepare = malloc(33000);
    CHECK(from_prepare);
    memset(from_prepare, 0x5a, 33000);
}

static void after_fork(void) {
    uint64_t state = 4;
    CHECK(from_prepare[0] == 0x5a && from_prepare[32999] == 0x5a);
    free(from_prepare);
    tier_work(&state, 3);
}

static void *worker(void *argument) {
    uint64_t state = (uintptr_t)argument + 1;
    while (forkers_work()) {
        tier_work(&state, 50);
    }
    return NULL;
}

static void expect_success(pid_t pid, const char *how) {
    int status = 0;
    CHECK_MSG(pid > 0, "%s", how);
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_MSG(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: status %#x", how,
              (unsigned)status);
}

extern char **environ;
static char *const again[] = {(char *)(uintptr_t) "fork_storm", (char *)(uintptr_t) "again", NULL};

static void fork_and_work(uint64_t *state, unsigned char **held) {
    pid_t pid = fork();
    if (pid == 0) {
        for (int i = 0; i < HELD; i++) {
            CHECK(held[i][0] == (unsigned char)i && held[i][19999] == (unsigned char)i);
            free(held[i]);
        }
        tier_work(state, 200);
        _exit(0);
    }
    expect_success(pid, "fork");
}

static void fork_and_exec(uint64_t *state) {
    pid_t pid = fork();
    if (pid == 0) {
        tier_work(state, 20);
        execv("/proc/self/exe", again);
        _exit(126);
    }
    expect_success(pid, "fork and exec");
}

#ifndef HAK_API
/* The child borrows the parent's memory: what it frees and takes there is the parent's. */
static void vfork_and_exec(void) {
    void *volatile block = malloc(5000);
    CHECK(block);
    pid_t pid = vfork();
    if (pid == 0) {
        free(block);
        block = malloc(70000);
        execv("/proc/self/exe", again);
        _exit(126);
    }
    CHECK(block && malloc_usable_size(block) >= 70000);
    free(block);
    expect_success(pid, "vfork");
}
#endif

static void spawn(void) {
    pid_t pid = 0;
    CHECK(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, again, environ) == 0);
    expect_success(pid, "posix_spawn");
}

static void *forker(void *argument) {
    uint64_t state = (uintptr_t)argument * 977 + 5;
    unsigned char *held[HELD];
    for (int i = 0; i < HELD; i++) {
        held[i] = malloc(20000);
        CHECK(held[i]);
        memset(held[i], i, 20000);
    }
    uint64_t forks = test_rounds(FORKS);
    for (uint64_t i = 0; i < forks; i++) {
        tier_work(&state, (int)(test_random(&state) % 30));
        switch (test_random(&state) % 8) {
        case 0:
            fork_and_exec(&state);
            break;
        case 1:
            spawn();
            break;
#ifndef HAK_API
        case 2:
            vfork_and_exec();
            break;
#endif
        default:
            fork_and_work(&state, held);
        }
    }
    for (int i = 0; i < HELD; i++) {
        CHECK(held[i][0] == (unsigned char)i && held[i][19999] == (unsigned char)i);
        free(held[i]);
    }
    return NULL;
}

int main(int count, char **arguments) {
    (void)arguments;
    if (count > 1) {
        uint64_t state = 9;
        tier_work(&state, 20);
        return 0;
    }
    CHECK(pthread_atfork(before_fork, after_fork, after_fork) == 0);
    forkers_run(worker, WORKERS, forker, FORKERS);
    return 0;
}
