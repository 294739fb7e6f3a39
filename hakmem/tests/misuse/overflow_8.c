/*
 * overflow_8.c - writes 8 bytes past the end of a 100-byte block, which is then freed.
 *
 * level 0-1: unnoticed
 * level 2: write past the end of a block
 */
#include "misuse.h"

int main(void) {
    char *block = announced(malloc(100));
    write_past(block, 100, 8);
    free(block);
    return survived();
}
