/*
 * read_zero_size.c - reads a byte of a block of no bytes.
 *
 * level 0-1: unnoticed
 * level 2: SIGSEGV
 */
#include "misuse.h"

int main(void) {
    char *block = announced(malloc(0));
    all_zero(block, 1);
    return survived();
}
