/*
 * realloc_freed_same_size.c - reallocates a 33,000-byte block that was freed, to the size it had.
 *
 * level 0: unnoticed
 * level 1-2: realloc of a freed block
 */
#include "misuse.h"

int main(void) {
    void *block = announced(malloc(33000));
    free(block);
    block = realloc(block, 33000);
    return survived();
}
