/*
 * overflow_page_large.c - writes a page of the system past the end of a 200,000-byte block.
 *
 * level 0-1: unnoticed
 * level 2: SIGSEGV
 */
#include "misuse.h"

int main(void) {
    char *block = announced(malloc(200000));
    write_past(block, 200000, test_page_bytes());
    free(block);
    return survived();
}
