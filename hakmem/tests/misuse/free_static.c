/*
 * free_static.c - frees static data.
 *
 * level 0-2: free of an invalid pointer
 */
#include "misuse.h"

int main(void) {
    static char data[256];
    void *block = data + 64;
    announce(block);
    free(block);
    return survived();
}
