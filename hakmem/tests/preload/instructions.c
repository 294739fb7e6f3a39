/*
 * instructions SIZE PAIRS [LARGER|thread|among|mixed|batches|drain|appends]: that many times
 * malloc(SIZE), the first byte written, free. The block is not the first of its slab, which begins
 * on a page. With LARGER, a block of that size is free while those of SIZE that there are have
 * owners, so that ACE lets it serve. With "thread" in its place, there is a second thread, which
 * waits; with "among", the block is one of fifty that are alive, of sizes within 4 % of SIZE, and
 * any of these is freed first; with "mixed" within a third of it; with "batches", twenty thousand
 * are taken, and then freed in the same order. With "drain", PAIRS blocks are there first, and then
 * most of them are freed, in any order. With "appends", a block of SIZE grows by four bytes, PAIRS
 * times.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_barrier_t here;

static void *wait_there(void *unused) {
    (void)unused;
    free(malloc(100)); /* has blocks of its own */
    pthread_barrier_wait(&here);
    pause();
    return NULL;
}

static int start_thread(void) {
    pthread_t thread;
    pthread_barrier_init(&here, NULL, 2);
    if (pthread_create(&thread, NULL, wait_there, NULL) != 0) {
        return -1;
    }
    pthread_barrier_wait(&here);
    return 0;
}

static int replace_among(size_t size, size_t spread, unsigned long pairs) {
    static volatile char *blocks[50];
    uint32_t random = 1;
    for (unsigned long i = 0; i < 50 + pairs; i++) {
        random = random * 1664525 + 1013904223;
        size_t at = i < 50 ? i : random / 65536 % 50;
        free((void *)blocks[at]);
        blocks[at] = malloc(size - spread + random / 4096 % (2 * spread));
        if (blocks[at] == NULL) {
            return 1;
        }
        *blocks[at] = 1;
    }
    return 0;
}

static int take_batches(size_t size, unsigned long pairs) {
    enum { BATCH = 20000 };
    static volatile char *blocks[BATCH];
    for (unsigned long done = 0; done < pairs; done += BATCH) {
        for (size_t i = 0; i < BATCH; i++) {
            blocks[i] = malloc(size);
            if (blocks[i] == NULL) {
                return 1;
            }
            *blocks[i] = 1;
        }
        for (size_t i = 0; i < BATCH; i++) {
            free((void *)blocks[i]);
        }
    }
    return 0;
}

static int drain(size_t size, unsigned long count) {
    static char *blocks[1 << 20];
    uint32_t random = 1;
    for (unsigned long i = 0; i < count; i++) {
        if (count > sizeof blocks / sizeof *blocks || (blocks[i] = malloc(size)) == NULL) {
            return 1;
        }
        memset(blocks[i], 1, size);
    }
    for (unsigned long left = count; left > count / 20; left--) {
        random = random * 1664525 + 1013904223;
        size_t at = (size_t)((uint64_t)random * left >> 32);
        char *block = blocks[at];
        blocks[at] = blocks[left - 1];
        free(block);
    }
    return 0;
}

static int append(size_t size, unsigned long count) {
    char *block = malloc(size);
    for (unsigned long i = 1; block != NULL && i <= count; i++) {
        block = realloc(block, size + 4 * i);
        if (block != NULL) {
            block[size + 4 * i - 1] = 1;
        }
    }
    return block == NULL;
}

/* Each block outgrows its class once. */
static int grow(size_t size, unsigned long count) {
    for (unsigned long i = 0; i < count; i++) {
        char *block = malloc(size), *grown = block == NULL ? NULL : realloc(block, 3 * size);
        if (grown == NULL) {
            return 1;
        }
        grown[3 * size - 1] = 1;
        free(grown);
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: instructions SIZE PAIRS "
                        "[LARGER|thread|among|mixed|batches|drain|appends|grows]\n");
        return 2;
    }
    size_t size = strtoul(argv[1], NULL, 10);
    if (argc == 4 && strcmp(argv[3], "among") == 0) {
        return replace_among(size, size / 25, strtoul(argv[2], NULL, 10));
    }
    if (argc == 4 && strcmp(argv[3], "mixed") == 0) {
        return replace_among(size, size / 3, strtoul(argv[2], NULL, 10));
    }
    if (argc == 4 && strcmp(argv[3], "batches") == 0) {
        return take_batches(size, strtoul(argv[2], NULL, 10));
    }
    if (argc == 4 && strcmp(argv[3], "drain") == 0) {
        return drain(size, strtoul(argv[2], NULL, 10));
    }
    if (argc == 4 && strcmp(argv[3], "appends") == 0) {
        return append(size, strtoul(argv[2], NULL, 10));
    }
    if (argc == 4 && strcmp(argv[3], "grows") == 0) {
        return grow(size, strtoul(argv[2], NULL, 10));
    }
    bool with_thread = argc == 4 && strcmp(argv[3], "thread") == 0;
    if (with_thread && start_thread() != 0) {
        return 1;
    }
    void *volatile larger = argc == 4 && !with_thread ? malloc(strtoul(argv[3], NULL, 10)) : NULL;
    void *volatile owned = malloc(size);
    free(larger);
    if (owned == NULL) {
        return 1;
    }
    for (unsigned long left = strtoul(argv[2], NULL, 10); left > 0; left--) {
        volatile char *block = malloc(size);
        if (block == NULL) {
            return 1;
        }
        *block = 1;
        free((void *)block);
    }
    return 0;
}
