/*
 * write_zeros_after_free.c - writes zeros to a 64-byte block that was freed, and ends.
 *
 * level 0-2: unnoticed
 */
#include "misuse.h"

int main(void) {
    char *block = announced(malloc(64));
    memset(block, 'x', 64);
    free(block);
    char *volatile hidden = block;
    memset(hidden, 0, 64);
    return survived();
}
