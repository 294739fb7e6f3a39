/*
 * free_near_block.c - frees an address 4 KiB behind a 16-byte block, of the size and in the memory
 * of such blocks.
 *
 * level 0: unnoticed | free of a block that was never handed out
 * level 1-2: double free
 */
#include "misuse.h"

int main(void) {
    char *block = malloc(16);
    CHECK(block);
    announce(block + 4096);
    free(block + 4096);
    return survived();
}
