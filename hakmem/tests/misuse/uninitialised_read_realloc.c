/*
 * uninitialised_read_realloc.c - reads what 64-byte blocks, written and freed before, gain by
 * realloc.
 *
 * level 0-1: unnoticed
 * level 2: nothing left to read
 */
#include "misuse.h"

enum { ROUNDS = 600 };

int main(void) {
    bool zero = true;
    for (int i = 0; i < ROUNDS; i++) {
        char *block = malloc(32);
        CHECK(block);
        block = announced(realloc(block, 40));
        block = announced(realloc(block, 64));
        zero = zero && all_zero(block + 32, 32);
        memset(block, 'x', 64);
        free(block);
    }
    return read_back(zero);
}
