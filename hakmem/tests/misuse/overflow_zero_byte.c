/*
 * overflow_zero_byte.c - writes a zero past the end of a 64-byte text, as a string without room for
 * its end does.
 *
 * level 0-1: unnoticed
 * level 2: write past the end of a block
 */
#include "misuse.h"

int main(void) {
    char *block = announced(malloc(64));
    block[64] = 0;
    free(block);
    return survived();
}
