/*
 * realloc_unmapped.c - reallocates an address where nothing is mapped.
 *
 * level 0-2: realloc of an invalid pointer
 */
#include "misuse.h"

int main(void) {
    void *block = (void *)(uintptr_t)0x10000;
    announce(block);
    CHECK(realloc(block, 1000) == NULL);
    return survived();
}
