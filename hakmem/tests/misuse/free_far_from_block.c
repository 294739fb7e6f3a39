/*
 * free_far_from_block.c - frees an address 1 GiB behind a 16-byte block.
 *
 * level 0-2: free of an invalid pointer
 */
#include "misuse.h"

int main(void) {
    char *block = malloc(16);
    CHECK(block);
    announce(block + (1 << 30));
    free(block + (1 << 30));
    return survived();
}
