/*
 * realloc_stack.c - reallocates an address on the stack.
 *
 * level 0-2: realloc of an invalid pointer
 */
#include "misuse.h"

int main(void) {
    char on_stack[64];
    void *block = on_stack + 16;
    announce(block);
    CHECK(realloc(block, 1000) == NULL);
    return survived();
}
