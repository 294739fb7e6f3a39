/*
 * interior_free_large.c - frees inside 200 KB blocks.
 *
 * level 0-2: free of a pointer into the middle of a block
 */
#include "misuse.h"

int main(void) {
    return interior_free_of(200000, 65536);
}
