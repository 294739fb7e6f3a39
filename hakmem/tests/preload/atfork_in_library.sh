#!/usr/bin/env bash
# A library whose constructor registers fork handlers that allocate: they must run while the
# allocator's locks are free, on the way in and on the way out.
. "$(dirname "$0")/../support/preload.sh"
need gcc
cat >library.c <<'C'
#include <pthread.h>
#include <stdlib.h>

static void *blocks[3000];

static void use(void)
{
    for (int i = 0; i < 3000; i++) {
        blocks[i] = malloc(17 * (i % 60) + 1);
    }
    for (int i = 0; i < 3000; i++) {
        free(blocks[i]);
    }
}

__attribute__((constructor)) static void start(void) { pthread_atfork(use, use, use); }

int library_is_linked(void) { return 1; }
C
cat >program.c <<'C'
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int library_is_linked(void);

int main(void)
{
    int status = 1;
    for (int i = library_is_linked(); i <= 20; i++) {
        if (fork() == 0) {
            _exit(0);
        }
        wait(&status);
    }
    printf("%d\n", status);
    return 0;
}
C
gcc -shared -fPIC -o liblibrary.so library.c
gcc -o program program.c ./liblibrary.so
same_output ./program
