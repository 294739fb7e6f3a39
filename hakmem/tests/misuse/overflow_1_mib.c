/*
 * overflow_1_mib.c - writes 1 MiB past the end of a 100-byte block.
 *
 * level 0-1: undefined
 * level 2: SIGSEGV
 */
#include "misuse.h"

int main(void) {
    char *block = announced(malloc(100));
    write_past(block, 100, 1 << 20);
    free(block);
    return survived();
}
