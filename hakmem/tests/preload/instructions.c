/*
 * instructions SIZE PAIRS [LARGER]: that many times malloc(SIZE), the first byte written, free. The
 * block is not the first of its slab, which begins on a page.
 * With LARGER, a block of that size is free while those of SIZE that there are have owners, so that
 * ACE lets it serve.
 */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: instructions SIZE PAIRS [LARGER]\n");
        return 2;
    }
    size_t size = strtoul(argv[1], NULL, 10);
    void *volatile larger = argc == 4 ? malloc(strtoul(argv[3], NULL, 10)) : NULL;
    void *volatile owned = malloc(size);
    free(larger);
    if (owned == NULL) {
        return 1;
    }
    for (unsigned long left = strtoul(argv[2], NULL, 10); left > 0; left--) {
        volatile char *block = malloc(size);
        if (block == NULL) {
            return 1;
        }
        *block = 1;
        free((void *)block);
    }
    return 0;
}
