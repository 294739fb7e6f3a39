/*
 * realloc_freed.c - reallocates a 64-byte block that was freed.
 *
 * level 0: unnoticed
 * level 1-2: realloc of a freed block
 */
#include "misuse.h"

int main(void) {
    void *block = announced(malloc(64));
    free(block);
    block = realloc(block, 200);
    return survived();
}
