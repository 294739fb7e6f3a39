/*
 * double_free_large.c - 200 KB blocks of the large pool freed twice.
 */
#include "misuse.h"

int main(void) {
    return double_free_of(200000);
}
