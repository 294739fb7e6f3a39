/*
 * write_zero_size_aligned.c - writes a byte to a block of no bytes, aligned to 64.
 *
 * level 0-1: unnoticed
 * level 2: SIGSEGV
 */
#include "misuse.h"

int main(void) {
    void *block = NULL;
    CHECK(posix_memalign(&block, 64, 0) == 0);
    write_past(announced(block), 0, 1);
    return survived();
}
