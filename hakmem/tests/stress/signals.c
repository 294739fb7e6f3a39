/*
 * signals.c - signals arrive at any point of malloc and free, by a timer and from another thread,
 * on the stack at hand and on one of their own. Handlers do what POSIX allows them: write,
 * sem_post, clock_gettime, a pause (with whatever lock the interrupted thread holds), a fork.
 * Nothing hangs, and no block changes.
 *
 * Signals are counted. The next is sent when the last has been handled and, if by the timer, when
 * some work has been done since: on a machine slower than a fixed interval there would be none.
 */
#include "api.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

enum { WORKERS = 3, ROUNDS = 60000, LONGEST = 8, SIGNALS = 200, TICKS = 50 };

static sem_t posted;
static int pipe_ends[2];
static unsigned handled, ticks, pauses;
static int working = WORKERS;
static bool tick_due;

static bool enough_signals(void) {
    return __atomic_load_n(&handled, __ATOMIC_RELAXED) >= SIGNALS &&
           __atomic_load_n(&ticks, __ATOMIC_RELAXED) >= TICKS;
}

/* A handler lets the work that it interrupted set the timer again. */
static void tick_if_due(void) {
    if (__atomic_exchange_n(&tick_due, false, __ATOMIC_RELAXED)) {
        struct itimerval timer = {.it_value.tv_usec = 300};
        CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
    }
}

static void on_signal(int number, siginfo_t *info, void *context) {
    (void)info, (void)context;
    int saved_errno = errno;
    unsigned count = __atomic_add_fetch(&handled, 1, __ATOMIC_RELAXED);
    sem_post(&posted);
    if (write(pipe_ends[1], &number, 1) < 0) {
        errno = 0; /* full: as good */
    }
    if (count % 61 == 0) {
        struct timespec pause = {.tv_nsec = 200000};
        nanosleep(&pause, NULL);
        __atomic_add_fetch(&pauses, 1, __ATOMIC_RELAXED);
    }
    if (number == SIGALRM) {
        __atomic_add_fetch(&ticks, 1, __ATOMIC_RELAXED);
        __atomic_store_n(&tick_due, true, __ATOMIC_RELAXED);
    }
    errno = saved_errno;
}

static void work(uint64_t *state, uint64_t rounds) {
    static const size_t sizes[] = {40, 900, 3000, 8000, 33000, 60000, 300000, 2500000};
    unsigned char *blocks[LONGEST] = {NULL};
    size_t lengths[LONGEST] = {0};
    for (uint64_t i = 0; i < rounds; i++) {
        tick_if_due();
        size_t at = test_random(state) % LONGEST;
        if (blocks[at]) {
            CHECK_MSG(blocks[at][0] == (unsigned char)lengths[at] &&
                          blocks[at][lengths[at] - 1] == (unsigned char)lengths[at],
                      "%zu bytes at %p", lengths[at], (void *)blocks[at]);
        }
        size_t pick = test_random(state) % 64;
        size_t bytes = sizes[pick < 8 ? pick : pick % 6] + test_random(state) % 90;
        errno = 0;
        if (i % 7 == 0) {
            blocks[at] = realloc(blocks[at], bytes);
        } else {
            free(blocks[at]);
            blocks[at] = i % 3 ? malloc(bytes) : calloc(1, bytes);
        }
        CHECK(blocks[at] && errno == 0);
        lengths[at] = bytes;
        blocks[at][0] = blocks[at][bytes - 1] = (unsigned char)bytes;
    }
    for (size_t at = 0; at < LONGEST; at++) {
        free(blocks[at]);
    }
}

static void *worker(void *argument) {
    uint64_t state = (uintptr_t)argument * 31 + test_setting("HAK_TEST_SEED", 1);
    static char stacks[WORKERS][64 * 1024];
    stack_t own = {.ss_sp = stacks[(uintptr_t)argument], .ss_size = sizeof stacks[0]}, before;
    CHECK(sigaltstack(&own, &before) == 0);
    for (uint64_t i = 0; i < 10 || !enough_signals(); i++) {
        work(&state, test_rounds(ROUNDS) / 10);
#ifdef __SANITIZE_THREAD__
        /* It keeps a signal back until the thread calls something that may wait, and the next one
         * is sent when this was handled. */
        nanosleep(&(struct timespec){.tv_nsec = 1}, NULL);
#endif
    }
    __atomic_sub_fetch(&working, 1, __ATOMIC_RELAXED);
    CHECK(sigaltstack(&before, NULL) == 0); /* a sanitizer's, which it unmaps */
    return NULL;
}

static void handle(int number, void (*handler)(int, siginfo_t *, void *), int flags) {
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
    sigemptyset(&action.sa_mask);
    CHECK(sigaction(number, &action, NULL) == 0);
}

/* Empties the pipe, so that handlers write as well as fail to. */
static void drain(void) {
    char bytes[4096];
    while (read(pipe_ends[0], bytes, sizeof bytes) == (ssize_t)sizeof bytes) {
    }
}

static void many_threads(void) {
    handle(SIGUSR1, on_signal, SA_ONSTACK);
    handle(SIGALRM, on_signal, SA_RESTART);
    pthread_t threads[WORKERS];
    for (uintptr_t i = 0; i < WORKERS; i++) {
        CHECK(pthread_create(&threads[i], NULL, worker, (void *)i) == 0);
    }
    __atomic_store_n(&tick_due, true, __ATOMIC_RELAXED);
    uint64_t state = 11;
    unsigned sent = 0;
    while (__atomic_load_n(&working, __ATOMIC_RELAXED) == WORKERS) {
        if (__atomic_load_n(&handled, __ATOMIC_RELAXED) >=
            sent + __atomic_load_n(&ticks, __ATOMIC_RELAXED)) {
            CHECK(pthread_kill(threads[test_random(&state) % WORKERS], SIGUSR1) == 0);
            sent++;
        }
        struct timespec pause = {.tv_nsec = (long)(test_random(&state) % 200000)};
        nanosleep(&pause, NULL);
        drain();
#ifdef __SANITIZE_THREAD__
        /* One that meets its own thread is lost, and with it all ticks after it. */
        static unsigned looks;
        if (++looks % 500 == 0) {
            __atomic_store_n(&tick_due, true, __ATOMIC_RELAXED);
        }
#endif
    }
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(threads[i], NULL);
    }
    CHECK_MSG(enough_signals() && pauses >= 1, "%u signals, %u pauses", handled, pauses);
}

#ifndef HAK_API
static unsigned forked;

/* As long as a process has one thread, fork may be called in a handler, wherever that came; and the
 * child may go on where the signal found it. */
static void on_tick_fork(int number, siginfo_t *info, void *context) {
    (void)number, (void)info, (void)context;
    int saved_errno = errno, status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        _exit(forked % 2 ? 0 : 7);
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == (forked % 2 ? 0 : 7));
    forked++;
    __atomic_store_n(&tick_due, true, __ATOMIC_RELAXED);
    errno = saved_errno;
}

static void fork_in_handler(void) {
    uint64_t state = 17;
    handle(SIGALRM, on_tick_fork, SA_RESTART);
    tick_due = true;
    while (forked < test_rounds(300)) {
        work(&state, 500);
        malloc_trim(0); /* long under locks */
    }
}
#endif

int main(void) {
    CHECK(sem_init(&posted, 0, 0) == 0);
    CHECK(pipe2(pipe_ends, O_NONBLOCK) == 0);
#ifndef HAK_API
    pid_t child = fork(); /* which has one thread only */
    if (child == 0) {
        fork_in_handler();
        _exit(0);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_MSG(status == 0, "fork in a handler: status %#x", (unsigned)status);
#endif
    many_threads();
    return 0;
}
