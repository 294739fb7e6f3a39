/*
 * interior_free_tiny.c - frees inside 256-byte blocks, at an address that is 16-byte aligned.
 *
 * level 0-2: free of a pointer into the middle of a block
 */
#include "misuse.h"

int main(void) {
    return interior_free_of(256, 16);
}
