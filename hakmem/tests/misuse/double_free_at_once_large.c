/*
 * double_free_at_once_large.c - a 200,000-byte block freed twice in a row.
 *
 * level 0: free of an invalid pointer
 * level 1-2: double free
 */
#include "misuse.h"

int main(void) {
    void *block = announced(malloc(200000));
    free(block);
    free(block);
    return survived();
}
