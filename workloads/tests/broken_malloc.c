/*
 * broken_malloc.c - an allocator with a fault of one's choice, to see that `hakreplay --verify`
 * and the generators see it.
 *
 * LD_PRELOAD it with BROKEN=calloc (memory is not zero), realloc (the content is lost), align (the
 * alignment is ignored), or overlap (a neighbour's first bytes are written over). Only blocks of
 * 1,000 bytes and more are broken, so that the program gets as far as the replay.
 */
#include "recorder/preload_next.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_BYTES = 1000 };

#define EXPORT __attribute__((visibility("default")))

static int broken(const char *what, size_t bytes) {
    const char *wanted = getenv("BROKEN");
    return bytes >= LEAST_BYTES && wanted != NULL && strcmp(wanted, what) == 0;
}

EXPORT void *malloc(size_t bytes) {
    static void *(*next)(size_t);
    static char *victim;
    if (next == NULL)
        find_next("malloc", &next);
    char *block = next(bytes);
    if (block != NULL && broken("overlap", bytes)) {
        /* No block is given back, see free: the victim is still there. */
        if (victim != NULL)
            victim[0]++;
        victim = block;
    }
    return block;
}

EXPORT void *calloc(size_t count, size_t bytes) {
    static void *(*next)(size_t, size_t);
    if (next == NULL)
        find_next("calloc", &next);
    char *block = next(count, bytes);
    if (block != NULL && broken("calloc", count * bytes))
        block[count * bytes - 1] = 1;
    return block;
}

EXPORT void *realloc(void *old, size_t bytes) {
    static void *(*next)(void *, size_t);
    if (next == NULL)
        find_next("realloc", &next);
    char *block = next(old, bytes);
    if (old != NULL && block != NULL && broken("realloc", bytes))
        block[bytes / 2]++;
    return block;
}

EXPORT void *memalign(size_t alignment, size_t bytes) {
    static void *(*next)(size_t, size_t);
    if (next == NULL)
        find_next("memalign", &next);
    return broken("align", bytes) ? malloc(bytes) : next(alignment, bytes);
}

EXPORT void *aligned_alloc(size_t alignment, size_t bytes) {
    return memalign(alignment, bytes);
}

EXPORT void free(void *block) {
    static void (*next)(void *);
    if (next == NULL)
        find_next("free", &next);
    if (!broken("overlap", LEAST_BYTES))
        next(block);
}
