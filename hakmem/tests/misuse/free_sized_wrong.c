/*
 * free_sized_wrong.c - frees a block by free_sized, where there is one, with a size that is too
 * large.
 *
 * level 0: unnoticed
 * level 1-2: free with a size that the block does not have
 */
#include "misuse.h"

void free_sized(void *block, size_t bytes) __attribute__((weak));

int main(void) {
    void *block = announced(malloc(100));
    if (free_sized != NULL) {
        free_sized(block, 1000);
    }
    return survived();
}
