/*
 * read_past_string.c - reads a text that fills its block and has no end, as strlen does.
 *
 * level 0-1: undefined
 * level 2: nothing left to read
 */
#include "misuse.h"

int main(void) {
    enum { BYTES = 64, SPARE = 1 };
    char *block = announced(malloc(BYTES));
    char *neighbour = malloc(BYTES);
    CHECK(neighbour);
    memset(neighbour, 'y', BYTES);
    memset(block, 'x', BYTES);
    char *volatile hidden = block;
    return read_back(strlen(hidden) <= BYTES + SPARE);
}
