/* instructions SIZE PAIRS: that many times malloc(SIZE), the first byte written, free. */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: instructions SIZE PAIRS\n");
        return 2;
    }
    size_t size = strtoul(argv[1], NULL, 10);
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
