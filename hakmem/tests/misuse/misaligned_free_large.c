/*
 * misaligned_free_large.c - frees an address one byte into a 200,000-byte block.
 *
 * level 0: free of an invalid pointer
 * level 1-2: free of a pointer into the middle of a block
 */
#include "misuse.h"

int main(void) {
    char *block = malloc(200000);
    CHECK(block);
    announce(block + 1);
    free(block + 1);
    return survived();
}
