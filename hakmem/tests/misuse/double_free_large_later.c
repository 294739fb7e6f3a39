/*
 * double_free_large_later.c - a 200,000-byte block freed again after others came and went.
 *
 * level 0: undefined
 * level 1: double free | free of an invalid pointer
 * level 2: double free
 */
#include "misuse.h"

int main(void) {
    void *others[8], *block = announced(malloc(200000));
    for (int i = 0; i < 8; i++) {
        others[i] = malloc(200000);
        CHECK(others[i]);
    }
    free(block);
    for (int i = 0; i < 8; i++) {
        free(others[i]);
    }
    free(block);
    return survived();
}
