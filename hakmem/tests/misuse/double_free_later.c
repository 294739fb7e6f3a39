/*
 * double_free_later.c - a 64-byte block freed again after a hundred other blocks came and went.
 *
 * level 0: unnoticed
 * level 1-2: double free
 */
#include "misuse.h"

int main(void) {
    void *block = announced(malloc(64));
    void *others[100];
    free(block);
    for (int i = 0; i < 100; i++) {
        others[i] = malloc(500);
    }
    for (int i = 0; i < 100; i++) {
        free(others[i]);
    }
    free(block);
    return survived();
}
