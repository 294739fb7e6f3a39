/*
 * double_free_zero_size.c - a block of no bytes freed twice.
 *
 * level 0: undefined
 * level 1-2: double free
 */
#include "misuse.h"

int main(void) {
    void *block = announced(malloc(0));
    free(block);
    free(block);
    return survived();
}
