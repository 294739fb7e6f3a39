/*
 * realloc_freed_waiting.c - reallocates a 600,000-byte block whose span waits to be merged.
 *
 * level 0-1: realloc of an invalid pointer
 * level 2: realloc of a freed block
 */
#include "misuse.h"

int main(void) {
    void *block = announced(malloc(600000));
    free(block);
    block = realloc(block, 700000);
    return survived();
}
