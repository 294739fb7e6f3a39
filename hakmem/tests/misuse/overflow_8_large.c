/*
 * overflow_8_large.c - writes 8 bytes past the end of a 200,000-byte block, which is then freed.
 *
 * level 0-1: unnoticed
 * level 2: write past the end of a block
 */
#include "misuse.h"

int main(void) {
    char *block = announced(malloc(200000));
    write_past(block, 200000, 8);
    free(block);
    return survived();
}
