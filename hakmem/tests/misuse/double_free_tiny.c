/*
 * double_free_tiny.c - 64-byte blocks freed twice.
 *
 * level 0-2: double free | free of a pointer that is nobody's
 */
#include "misuse.h"

int main(void) {
    return double_free_of(64);
}
