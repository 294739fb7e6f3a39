/*
 * interior_free_33k.c - frees inside 33,000-byte blocks.
 *
 * level 0-2: free of a pointer into the middle of a block
 */
#include "misuse.h"

int main(void) {
    return interior_free_of(33000, 4096);
}
