/*
 * usable_size_far.c - asks for the usable size of an address 1 GiB behind a 16-byte block.
 *
 * level 0-2: size of an invalid pointer
 */
#include "misuse.h"

int main(void) {
    char *block = malloc(16);
    CHECK(block);
    announce(block + (1 << 30));
    malloc_usable_size(block + (1 << 30));
    return survived();
}
