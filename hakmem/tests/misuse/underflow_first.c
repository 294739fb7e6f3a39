/*
 * underflow_first.c - writes 8 bytes before the block of lowest address among many, the first of
 * its slab.
 *
 * level 0-1: undefined
 * level 2: SIGSEGV | write before the beginning of a block
 */
#include "misuse.h"

enum { BLOCKS = 4096 };

int main(void) {
    char *lowest = malloc(100);
    CHECK(lowest);
    for (int i = 0; i < BLOCKS; i++) {
        char *block = malloc(100);
        CHECK(block);
        lowest = block < lowest ? block : lowest;
    }
    announce(lowest);
    write_past(lowest, 0, -8);
    free(lowest);
    return survived();
}
