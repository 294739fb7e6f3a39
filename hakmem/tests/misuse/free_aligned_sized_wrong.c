/*
 * free_aligned_sized_wrong.c - frees a block by free_aligned_sized, where there is one, with a
 * size that is too large.
 *
 * level 0: unnoticed
 * level 1-2: free with a size that the block does not have
 */
#include "misuse.h"

void free_aligned_sized(void *block, size_t alignment, size_t bytes) __attribute__((weak));

int main(void) {
    void *block = announced(aligned_alloc(64, 128));
    if (free_aligned_sized != NULL) {
        free_aligned_sized(block, 64, 1000);
    }
    return survived();
}
