/*
 * help_threads.c - a program to be recorded: threads that make blocks and free each other's.
 *
 *   help_threads THREADS ROUNDS [kill|_exit|fork|leak]
 *
 * Each round every thread makes 100 blocks, by all functions of the interface in turn, waits for
 * the others, and frees those of its neighbour, some by way of realloc. It says on stdout how many
 * blocks it made and freed. The last word says how it ends instead of by return.
 */
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BLOCKS = 100, THREADS_MAX = 16 };

static void *blocks[THREADS_MAX][BLOCKS];
static unsigned threads, rounds;
static pthread_barrier_t barrier;

static void *make(unsigned kind, size_t bytes) {
    void *block = NULL;
    switch (kind % 8) {
    case 0:
        return calloc(1, bytes);
    case 1:
        return memalign(256, bytes);
    case 2:
        return posix_memalign(&block, 4096, bytes) == 0 ? block : NULL;
    case 3:
        return aligned_alloc(64, bytes / 64 * 64 + 64);
    case 4:
        return realloc(NULL, bytes);
    case 5:
        return reallocarray(NULL, bytes, 2);
    case 6:
        return valloc(bytes);
    default:
        return malloc(bytes);
    }
}

static void *work(void *argument) {
    unsigned own = (unsigned)(uintptr_t)argument, other = (own + 1) % threads;
    for (unsigned round = 0; round < rounds; round++) {
        for (unsigned i = 0; i < BLOCKS; i++)
            blocks[own][i] = make(i, 100 + 331 * i);
        pthread_barrier_wait(&barrier);
        for (unsigned i = 0; i < BLOCKS; i++) {
            if (i % 5 == 0)
                blocks[other][i] = realloc(blocks[other][i], 5000);
            free(blocks[other][i]);
        }
        pthread_barrier_wait(&barrier);
    }
    return NULL;
}

static void leave(const char *how) {
    if (strcmp(how, "kill") == 0)
        kill(getpid(), SIGKILL);
    if (strcmp(how, "_exit") == 0)
        _exit(7);
    if (strcmp(how, "leak") == 0)
        blocks[0][0] = malloc(33000);
    if (strcmp(how, "fork") == 0) {
        pid_t child = fork();
        if (child == 0) {
            for (unsigned i = 0; i < 1000; i++)
                free(malloc(33000));
            _exit(0);
        }
        waitpid(child, NULL, 0);
    }
}

int main(int argc, char **argv) {
    pthread_t ids[THREADS_MAX];
    if (argc < 3)
        return 2;
    threads = (unsigned)atoi(argv[1]);
    rounds = (unsigned)atoi(argv[2]);
    if (threads < 1 || threads > THREADS_MAX)
        return 2;
    pthread_barrier_init(&barrier, NULL, threads);
    for (uintptr_t i = 0; i < threads; i++)
        pthread_create(&ids[i], NULL, work, (void *)i);
    for (unsigned i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    if (argc > 3)
        leave(argv[3]);
    return 0;
}
