/*
 * free_never_handed_out.c - frees an address beside a live block, in memory that was never handed
 * out.
 *
 * level 0-2: free of an invalid pointer
 */
#include "misuse.h"

int main(void) {
    char *block = malloc(5 * MIB);
    CHECK(block);
    char *beside = (char *)((uintptr_t)block / (64 * KIB) * (64 * KIB)) + 64 * MIB;
    announce(beside);
    free(beside);
    return survived();
}
