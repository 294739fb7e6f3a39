/*
 * interior_free_tiny.c - frees inside 256-byte blocks, at an address that is 16-byte aligned.
 */
#include "misuse.h"

int main(void) {
    return interior_free_of(256, 16);
}
