/*
 * read_after_free_33k.c - reads a 33,000-byte block that was written and freed.
 *
 * level 0-1: unnoticed
 * level 2: nothing left to read
 */
#include "misuse.h"

int main(void) {
    char *block = announced(malloc(33000));
    memset(block, 'x', 33000);
    free(block);
    return read_back(all_zero(block, 33000));
}
