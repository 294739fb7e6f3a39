/*
 * interior_free_large.c - frees inside 200 KB blocks.
 */
#include "misuse.h"

int main(void) {
    return interior_free_of(200000, 65536);
}
