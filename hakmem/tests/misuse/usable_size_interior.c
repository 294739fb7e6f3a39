/*
 * usable_size_interior.c - asks for the usable size of an address 16 bytes into a 64-byte block.
 *
 * level 0: unnoticed
 * level 1-2: size of a pointer into the middle of a block
 */
#include "misuse.h"

int main(void) {
    char *block = malloc(64);
    CHECK(block);
    announce(block + 16);
    malloc_usable_size(block + 16);
    return survived();
}
