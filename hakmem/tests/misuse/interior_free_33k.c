/*
 * interior_free_33k.c - frees inside 33,000-byte blocks.
 */
#include "misuse.h"

int main(void) {
    return interior_free_of(33000, 4096);
}
