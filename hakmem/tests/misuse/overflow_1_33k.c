/*
 * overflow_1_33k.c - writes 1 byte past the end of a 33,000-byte block, which is then freed.
 *
 * level 0-1: unnoticed
 * level 2: write past the end of a block
 */
#include "misuse.h"

int main(void) {
    char *block = announced(malloc(33000));
    write_past(block, 33000, 1);
    free(block);
    return survived();
}
