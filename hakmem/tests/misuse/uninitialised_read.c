/*
 * uninitialised_read.c - reads new 100-byte blocks, after such blocks were written and freed.
 *
 * level 0-1: unnoticed
 * level 2: nothing left to read
 */
#include "misuse.h"

enum { BLOCKS = 200, BYTES = 100 };

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
