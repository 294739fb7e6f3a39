/*
 * double_free_at_once_33k.c - a 33,000-byte block freed twice in a row.
 *
 * level 0: unnoticed
 * level 1-2: double free
 */
#include "misuse.h"

int main(void) {
    void *block = announced(malloc(33000));
    free(block);
    free(block);
    return survived();
}
