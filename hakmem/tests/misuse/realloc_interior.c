/*
 * realloc_interior.c - reallocates an address 16 bytes into a 64-byte block.
 *
 * level 0: unnoticed
 * level 1-2: realloc of a pointer into the middle of a block
 */
#include "misuse.h"

int main(void) {
    char *block = malloc(64);
    CHECK(realloc(announced(block + 16), 100) != block);
    return survived();
}
