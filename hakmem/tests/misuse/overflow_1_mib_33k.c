/*
 * overflow_1_mib_33k.c - writes 1 MiB past the end of a 33,000-byte block.
 *
 * level 0-1: undefined
 * level 2: SIGSEGV
 */
#include "misuse.h"

int main(void) {
    char *block = announced(malloc(33000));
    write_past(block, 33000, 1 << 20);
    free(block);
    return survived();
}
