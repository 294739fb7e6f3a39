/*
 * workload.h - what the child processes of the option tests do: take blocks, tell on stdout how
 * many there were and how many requests returned NULL, give them back.
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include "test.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>

/* Takes `count` blocks, all alive at once. Returns how many requests returned NULL. */
static inline unsigned take_and_give_back(size_t bytes, unsigned count) {
    enum { ROOM = 4096 };
    static unsigned char *blocks[ROOM];
    CHECK(count <= ROOM);
    unsigned nulls = 0;
    for (unsigned i = 0; i < count; i++) {
        errno = 0;
        blocks[i] = malloc(bytes);
        nulls += blocks[i] == NULL;
        CHECK(blocks[i] ? errno == 0 : errno == ENOMEM);
        if (blocks[i]) {
            memset(blocks[i], (int)i, bytes);
        }
    }
    for (unsigned i = 0; i < count; i++) {
        for (size_t j = 0; blocks[i] && j < bytes; j += 499) {
            CHECK_MSG(blocks[i][j] == (unsigned char)i, "block %u, byte %zu", i, j);
        }
        free(blocks[i]);
    }
    return nulls;
}

static inline size_t usable_for(size_t bytes) {
    void *block = malloc(bytes);
    CHECK(block);
    size_t usable = malloc_usable_size(block);
    free(block);
    return usable;
}

/* A main for children with the arguments `bytes`, `count`: prints "nulls=N". */
static inline int workload_main(const char *bytes, const char *count) {
    unsigned nulls = take_and_give_back(strtoull(bytes, NULL, 10),
                                        (unsigned)strtoul(count ? count : "1", NULL, 10));
    printf("nulls=%u\n", nulls);
    return 0;
}

#endif
