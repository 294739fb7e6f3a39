/*
 * uninitialised_read_large.c - reads new 200,000-byte blocks, after such blocks were written and
 * freed.
 *
 * level 0-1: undefined
 * level 2: nothing left to read
 */
#include "misuse.h"

enum { BLOCKS = 200, BYTES = 200000 };

int main(void) {
    bool zero = true;
    for (int i = 0; i < 3 * BLOCKS; i++) {
        char *block = announced(malloc(BYTES));
        zero = zero && all_zero(block, BYTES);
        memset(block, 'x', BYTES);
        free(block);
    }
    return read_back(zero);
}
