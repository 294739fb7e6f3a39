/*
 * underflow_1.c - writes a byte before the beginning of a 100-byte block, which is then freed.
 *
 * level 0-1: unnoticed
 * level 2: write before the beginning of a block | SIGSEGV
 */
#include "misuse.h"

int main(void) {
    char *neighbour = malloc(100), *block = announced(malloc(100));
    CHECK(neighbour);
    write_past(block, 0, -1);
    free(block);
    return survived();
}
