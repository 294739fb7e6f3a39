/*
 * double_free_33k.c - 33,000-byte blocks freed twice.
 */
#include "misuse.h"

int main(void) {
    return double_free_of(33000);
}
