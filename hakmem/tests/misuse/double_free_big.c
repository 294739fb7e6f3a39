/*
 * double_free_big.c - a 5 MiB block freed twice.
 *
 * level 0-1: free of an invalid pointer
 * level 2: double free
 */
#include "misuse.h"

int main(void) {
    void *block = malloc(5 * MIB);
    announce(block);
    free(block);
    free(block);
    return survived();
}
