/*
 * free_non_canonical.c - frees an address that no program can have.
 *
 * level 0-2: free of an invalid pointer
 */
#include "misuse.h"

int main(void) {
    void *block = (void *)(uintptr_t)0x123456789abcdef0;
    announce(block);
    free(block);
    return survived();
}
