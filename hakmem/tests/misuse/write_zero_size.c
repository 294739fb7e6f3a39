/*
 * write_zero_size.c - writes a byte to a block of no bytes.
 *
 * level 0-1: unnoticed
 * level 2: SIGSEGV
 */
#include "misuse.h"

int main(void) {
    char *block = announced(malloc(0));
    write_past(block, 0, 1);
    return survived();
}
