/*
 * double_free_tiny.c - 64-byte blocks freed twice.
 */
#include "misuse.h"

int main(void) {
    return double_free_of(64);
}
