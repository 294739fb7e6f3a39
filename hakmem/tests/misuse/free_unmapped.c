/*
 * free_unmapped.c - frees an address where nothing is mapped.
 *
 * level 0-2: free of an invalid pointer
 */
#include "misuse.h"

int main(void) {
    void *block = (void *)(uintptr_t)0x10000;
    announce(block);
    free(block);
    return survived();
}
