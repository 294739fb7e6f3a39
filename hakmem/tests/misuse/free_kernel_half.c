/*
 * free_kernel_half.c - frees an address of the kernel half of the address space.
 *
 * level 0-2: free of an invalid pointer
 */
#include "misuse.h"

int main(void) {
    void *block = (void *)(uintptr_t)0xffff888000001000;
    announce(block);
    free(block);
    return survived();
}
