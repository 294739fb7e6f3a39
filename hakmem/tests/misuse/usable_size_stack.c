/*
 * usable_size_stack.c - asks for the usable size of an address on the stack.
 *
 * level 0-2: size of an invalid pointer
 */
#include "misuse.h"

int main(void) {
    char text[64];
    announce(text);
    malloc_usable_size(text);
    return survived();
}
