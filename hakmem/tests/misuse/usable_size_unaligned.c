/*
 * usable_size_unaligned.c - asks for the usable size of an address a byte into a 64-byte block.
 *
 * level 0: unnoticed
 * level 1-2: size of a pointer into the middle of a block
 */
#include "misuse.h"

int main(void) {
    char *block = malloc(64);
    CHECK(block);
    announce(block + 1);
    malloc_usable_size(block + 1);
    return survived();
}
