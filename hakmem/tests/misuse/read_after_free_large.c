/*
 * read_after_free_large.c - reads a 200,000-byte block that was written and freed.
 *
 * level 0-1: undefined
 * level 2: SIGSEGV
 */
#include "misuse.h"

int main(void) {
    char *block = announced(malloc(200000));
    memset(block, 'x', 200000);
    free(block);
    return read_back(all_zero(block, 200000));
}
