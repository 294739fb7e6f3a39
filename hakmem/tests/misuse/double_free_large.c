/*
 * double_free_large.c - 200 KB blocks of the large pool freed twice.
 *
 * level 0-2: double free | free of an invalid pointer
 * level 0-2: free of a pointer into the middle of a block
 */
#include "misuse.h"

int main(void) {
    return double_free_of(200000);
}
