/*
 * write_after_free.c - writes to a 64-byte block that was freed, and ends.
 *
 * level 0-1: unnoticed
 * level 2: write to a freed block
 */
#include "misuse.h"

int main(void) {
    char *block = announced(malloc(64));
    free(block);
    write_past(block, 0, 1);
    return survived();
}
