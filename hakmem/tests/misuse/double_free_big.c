/*
 * double_free_big.c - a 5 MiB block freed twice.
 */
#include "misuse.h"

int main(void) {
    void *block = malloc(5 * MIB);
    announce(block);
    free(block);
    free(block);
    return survived();
}
