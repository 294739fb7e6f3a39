/*
 * write_after_free_reused.c - writes to a 64-byte block that was freed, while others come and go.
 *
 * level 0-1: unnoticed
 * level 2: write to a freed block
 */
#include "misuse.h"

int main(void) {
    char *block = announced(malloc(64));
    free(block);
    write_past(block, 8, 1);
    for (int i = 0; i < 4000; i++) {
        free(malloc(64));
    }
    return survived();
}
