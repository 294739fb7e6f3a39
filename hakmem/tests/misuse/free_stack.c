/*
 * free_stack.c - frees an address on the stack.
 *
 * level 0-2: free of an invalid pointer
 */
#include "misuse.h"

int main(void) {
    char on_stack[64];
    void *block = on_stack + 16;
    announce(block);
    free(block);
    return survived();
}
