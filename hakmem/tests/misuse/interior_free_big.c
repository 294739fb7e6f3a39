/*
 * interior_free_big.c - frees inside a 5 MiB block.
 *
 * level 0-2: free of a pointer into the middle of a block
 */
#include "misuse.h"

int main(void) {
    char *block = malloc(5 * MIB);
    announce(block + 65536);
    free(block + 65536);
    return survived();
}
