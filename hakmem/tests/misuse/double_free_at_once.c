/*
 * double_free_at_once.c - a 64-byte block freed twice in a row.
 *
 * level 0: unnoticed
 * level 1-2: double free
 */
#include "misuse.h"

int main(void) {
    void *block = announced(malloc(64));
    free(block);
    free(block);
    return survived();
}
