/*
 * interior_free_big.c - frees inside a 5 MiB block.
 */
#include "misuse.h"

int main(void) {
    char *block = malloc(5 * MIB);
    announce(block + 65536);
    free(block + 65536);
    return survived();
}
