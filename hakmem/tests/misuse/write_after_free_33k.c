/*
 * write_after_free_33k.c - writes to a 33,000-byte block that was freed, and ends.
 *
 * level 0-1: unnoticed
 * level 2: write to a freed block
 */
#include "misuse.h"

int main(void) {
    char *block = announced(malloc(33000));
    free(block);
    write_past(block, 20000, 1);
    return survived();
}
