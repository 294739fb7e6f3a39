/*
 * misaligned_free.c - frees an address that no allocator hands out: one byte into a block.
 *
 * level 0-2: free of a pointer into the middle of a block
 */
#include "misuse.h"

int main(void) {
    return interior_free_of(100, 1);
}
