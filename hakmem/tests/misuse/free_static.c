/*
 * free_static.c - frees static data.
 *
 * level 0-2: free of a pointer that is nobody's
 */
#include "misuse.h"

int main(void) {
    static char data[256];
    void *block = data + 64;
    announce(block);
    free(block);
    return survived();
}
