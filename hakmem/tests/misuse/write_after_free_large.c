/*
 * write_after_free_large.c - writes to a 200,000-byte block that was freed.
 *
 * level 0-1: unnoticed
 * level 2: SIGSEGV
 */
#include "misuse.h"

int main(void) {
    char *block = announced(malloc(200000));
    free(block);
    write_past(block, 100000, 1);
    return survived();
}
