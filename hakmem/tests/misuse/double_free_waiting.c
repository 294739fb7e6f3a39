/*
 * double_free_waiting.c - a 600,000-byte block freed twice in a row: its span waits to be merged.
 *
 * level 0-1: free of an invalid pointer
 * level 2: double free
 */
#include "misuse.h"

int main(void) {
    void *block = announced(malloc(600000));
    free(block);
    free(block);
    return survived();
}
