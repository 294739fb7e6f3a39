/*
 * free_foreign_mapping.c - frees memory that the program mapped itself.
 *
 * level 0-2: free of an invalid pointer
 */
#include "misuse.h"

#include <sys/mman.h>

int main(void) {
    char *map = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(map != MAP_FAILED);
    announce(map + 4096);
    free(map + 4096);
    return survived();
}
