/*
 * double_free_tiny.c - 64-byte blocks freed twice.
 *
 * level 0-2: double free | free of an invalid pointer
 * level 0-2: free of a pointer into the middle of a block
 */
#include "misuse.h"

int main(void) {
    return double_free_of(64);
}
