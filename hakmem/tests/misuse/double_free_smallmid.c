/*
 * double_free_smallmid.c - 5,000-byte blocks freed twice.
 */
#include "misuse.h"

int main(void) {
    return double_free_of(5000);
}
