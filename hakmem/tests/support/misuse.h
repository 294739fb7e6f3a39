/*
 * misuse.h - for the programs in misuse/: each prints the pointers that it is about to misuse, one
 * a line, and then misuses them. Lines in its header comment say what is to come of it at which
 * level of HAKMEM_HARDEN (here "1-2"; the runner wants a line for each of 0, 1 and 2):
 *
 *     level 1-2: double free     SIGABRT, and one line on stderr that names one of the pointers and
 *                                this reason ("a | b", or two lines: one of these)
 *     level 2: SIGSEGV           that signal, and no line
 *     level 0: unnoticed         it reaches survived(), and ends with the status that this gives
 *     level 2: nothing left to read    of a program that reads what it must not: it found zeros
 *     level 0: undefined         anything: such runs are not made
 */
#ifndef MISUSE_H
#define MISUSE_H

#include "test.h"

#include <malloc.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

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

static inline void *announced(void *block) {
    CHECK(block);
    announce(block);
    return block;
}

/* Writes `count` bytes at `end` and behind, or, negative, before it. The compiler is not to see
 * that they are none of the block's. */
static inline void write_past(char *block, size_t end, ptrdiff_t count) {
    char *volatile hidden = block + end;
    for (ptrdiff_t i = count < 0 ? count : 0; i < (count < 0 ? 0 : count); i++) {
        hidden[i] = 'x';
    }
}

/* The status to end with, and nothing on stderr: the end of the process may still say something. */
static inline int survived(void) {
    return 3;
}

/* … of a program that reads: `zero` says whether all that it found was zero. */
static inline int read_back(bool zero) {
    return zero ? 4 : survived();
}

static inline bool all_zero(const char *start, size_t bytes) {
    const volatile char *hidden = start;
    bool zero = true;
    for (size_t i = 0; i < bytes; i++) {
        zero = hidden[i] == 0 && zero;
    }
    return zero;
}

/* Frees many blocks twice. */
static inline int double_free_of(size_t bytes) {
    int count = many_of(bytes);
    void **blocks = (void **)calloc((size_t)count, sizeof *blocks);
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
    char **blocks = (char **)calloc((size_t)count, sizeof *blocks);
    CHECK(blocks);
    for (int i = 0; i < count; i++) {
        blocks[i] = (char *)malloc(bytes);
        CHECK(blocks[i]);
        announce(blocks[i] + offset);
    }
    for (int i = 0; i < count; i++) {
        free(blocks[i] + offset);
    }
    return survived();
}

#endif
