/*
 * read_after_free.c - reads a 100-byte block that was written and freed.
 *
 * level 0-1: unnoticed
 * level 2: nothing left to read
 */
#include "misuse.h"

int main(void) {
    char *block = announced(malloc(100));
    memset(block, 'x', 100);
    free(block);
    return read_back(all_zero(block, 100));
}
