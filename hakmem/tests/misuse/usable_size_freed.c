/*
 * usable_size_freed.c - asks for the usable size of a freed block.
 *
 * level 0: unnoticed
 * level 1-2: size of a freed block
 */
#include "misuse.h"

int main(void) {
    void *block = announced(malloc(64));
    free(block);
    CHECK(malloc_usable_size(block) < MIB);
    return survived();
}
