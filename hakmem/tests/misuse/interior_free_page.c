/*
 * interior_free_page.c - frees an address a page into a 33,000-byte block.
 *
 * level 0: unnoticed
 * level 1-2: free of a pointer into the middle of a block
 */
#include "misuse.h"

int main(void) {
    char *block = malloc(33000);
    free(announced(block + 4096));
    return survived();
}
