/*
 * realloc_freed_big.c - reallocates a block that was freed.
 *
 * level 0-1: realloc of an invalid pointer
 * level 2: realloc of a freed block
 */
#include "misuse.h"

int main(void) {
    void *block = malloc(5 * MIB);
    announce(block);
    free(block);
    block = realloc(block, 9 * MIB);
    return survived();
}
