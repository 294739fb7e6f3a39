/*
 * misuse.h - for the programs in misuse/: each prints the pointers that it is about to misuse, one
 * a line, and then misuses them. The runner expects that it dies by SIGABRT, having written one
 * line to stderr which names one of them.
 */
#ifndef MISUSE_H
#define MISUSE_H

#include "test.h"

#include <malloc.h>

/* Enough to overflow every cache between the caller and the slabs, where misuse is noticed. */
enum { MANY = 4000, MANY_BYTES = 1 << 25 };

static inline int many_of(size_t bytes) {
    int count = (int)(MANY_BYTES / bytes);
    return count > MANY ? count : MANY;
}

static inline void announce(const void *block) {
    char text[32];
    int length = snprintf(text, sizeof text, "%p\n", block);
    CHECK(write(STDOUT_FILENO, text, (size_t)length) == length);
}

static inline int survived(void) {
    fputs("the misuse went unnoticed\n", stderr);
    return 3;
}

/* Frees many blocks twice. */
static inline int double_free_of(size_t bytes) {
    int count = many_of(bytes);
    void **blocks = calloc((size_t)count, sizeof *blocks);
    CHECK(blocks);
    for (int i = 0; i < count; i++) {
        blocks[i] = malloc(bytes);
        CHECK(blocks[i]);
        announce(blocks[i]);
    }
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < count; i++) {
            free(blocks[i]);
        }
    }
    return survived();
}

/* Frees an address inside each of many live blocks. */
static inline int interior_free_of(size_t bytes, size_t offset) {
    int count = many_of(bytes);
    char **blocks = calloc((size_t)count, sizeof *blocks);
    CHECK(blocks);
    for (int i = 0; i < count; i++) {
        blocks[i] = malloc(bytes);
        CHECK(blocks[i]);
        announce(blocks[i] + offset);
    }
    for (int i = 0; i < count; i++) {
        free(blocks[i] + offset);
    }
    return survived();
}

#endif
