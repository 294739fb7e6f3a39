/*
 * underflow_exit.c - writes 8 bytes before the beginning of a 100-byte block, which is never
 * freed.
 *
 * level 0-1: unnoticed
 * level 2: write before the beginning of a block | write past the end of a block
 * level 2: write to a freed block | SIGSEGV
 */
#include "misuse.h"

int main(void) {
    char *neighbour = announced(malloc(100)), *block = announced(malloc(100));
    CHECK(neighbour);
    write_past(block, 0, -8);
    return survived();
}
