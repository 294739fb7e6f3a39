/*
 * underflow_33k.c - writes 8 bytes before the beginning of a 33,000-byte block, which is then
 * freed.
 *
 * level 0-1: unnoticed
 * level 2: write before the beginning of a block | SIGSEGV
 */
#include "misuse.h"

int main(void) {
    char *neighbour = malloc(33000), *block = announced(malloc(33000));
    CHECK(neighbour);
    write_past(block, 0, -8);
    free(block);
    return survived();
}
