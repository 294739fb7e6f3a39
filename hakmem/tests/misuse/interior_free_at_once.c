/*
 * interior_free_at_once.c - frees an address 16 bytes into a 64-byte block.
 *
 * level 0: unnoticed
 * level 1-2: free of a pointer into the middle of a block
 */
#include "misuse.h"

int main(void) {
    char *block = malloc(64);
    free(announced(block + 16));
    return survived();
}
