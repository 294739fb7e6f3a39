/*
 * overflow_next_freed.c - writes 32 bytes past the end of each of some 100-byte blocks; only the
 * block behind it is freed.
 *
 * level 0-1: unnoticed
 * level 2: write past the end of a block | write before the beginning of a block
 */
#include "misuse.h"

enum { BLOCKS = 64 };

int main(void) {
    char *blocks[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = announced(malloc(100));
    }
    for (int i = 0; i < BLOCKS; i++) {
        for (int j = 0; j < BLOCKS; j++) {
            if (blocks[j] > blocks[i] && blocks[j] - blocks[i] < 256) {
                write_past(blocks[i], 100, 32);
                free(blocks[j]);
                return survived();
            }
        }
    }
    CHECK(!"no two blocks are neighbours");
    return 0;
}
