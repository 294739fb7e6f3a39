/*
 * underflow_large.c - writes a byte before the beginning of a 200,000-byte block.
 *
 * level 0-1: unnoticed
 * level 2: SIGSEGV
 */
#include "misuse.h"

int main(void) {
    char *neighbour = malloc(200000), *block = announced(malloc(200000));
    CHECK(neighbour);
    write_past(block, 0, -1);
    free(block);
    return survived();
}
