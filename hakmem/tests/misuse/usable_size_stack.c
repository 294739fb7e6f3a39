/*
 * usable_size_stack.c - asks for the usable size of an address on the stack.
 *
 * level 0-2: size of a pointer that is nobody's
 */
#include "misuse.h"

int main(void) {
    char text[64];
    announce(text);
    malloc_usable_size(text);
    return survived();
}
