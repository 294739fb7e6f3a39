/*
 * write_after_free_large_reused.c - writes to a 200,000-byte block that was freed, while others
 * come and go.
 *
 * level 0-1: undefined
 * level 2: SIGSEGV
 */
#include "misuse.h"

int main(void) {
    char *block = announced(malloc(200000));
    free(block);
    for (int i = 0; i < 8; i++) {
        free(malloc(200000));
    }
    write_past(block, 0, 1);
    return survived();
}
