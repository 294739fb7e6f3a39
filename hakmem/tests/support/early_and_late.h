/*
 * early_and_late.h - a program that allocates before any constructor and after all of its own
 * destructors: from .preinit_array, from a constructor that comes before the allocator's, and from
 * a destructor that comes after; blocks cross these borders both ways. Included by a test that is
 * preloaded into, and by one that is linked with libhakmem.a.
 */
#ifndef EARLY_AND_LATE_H
#define EARLY_AND_LATE_H

#include "test.h"

#include <malloc.h>
#include <string.h>

enum { EARLY = 60 };

static unsigned char *from_preinit[EARLY], *from_constructor[EARLY], *from_main[EARLY];

static size_t early_bytes(size_t i) {
    return i * i * 97 + 1; /* up to 340 KB */
}

static void early_take(unsigned char **blocks) {
    for (size_t i = 0; i < EARLY; i++) {
        blocks[i] = i % 2 ? malloc(early_bytes(i)) : calloc(1, early_bytes(i));
        CHECK(blocks[i]);
        memset(blocks[i], (int)i, early_bytes(i));
    }
    for (size_t i = 0; i < EARLY; i += 3) {
        blocks[i] = realloc(blocks[i], early_bytes(i) + 1000);
        CHECK(blocks[i]);
    }
}

static void early_give(unsigned char **blocks) {
    for (size_t i = 0; i < EARLY; i++) {
        CHECK(blocks[i][0] == i && blocks[i][early_bytes(i) - 1] == i);
        CHECK(malloc_usable_size(blocks[i]) >= early_bytes(i));
        free(blocks[i]);
    }
}

static void in_preinit(void) {
    early_take(from_preinit);
}
__attribute__((section(".preinit_array"), used)) static void (*const preinit)(void) = in_preinit;

/* 101 is the allocator's own priority, and the first that a program may have. */
__attribute__((constructor(101))) static void in_first_constructor(void) {
    early_take(from_constructor);
}

__attribute__((destructor(101))) static void in_last_destructor(void) {
    early_give(from_main);
    early_take(from_preinit);
    early_give(from_preinit);
}

int main(void) {
#ifndef __GLIBC__ /* musl knows no .preinit_array */
    early_take(from_preinit);
#endif
    early_give(from_preinit);
    early_give(from_constructor);
    early_take(from_main);
    return 0;
}

#endif
