/*
 * free_protected.c - frees the address of a page that nobody may touch.
 *
 * level 0-2: free of an invalid pointer
 */
#include "misuse.h"

#include <sys/mman.h>

int main(void) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    void *page = mmap(NULL, 4096, PROT_NONE, flags, -1, 0);
    CHECK(page != MAP_FAILED);
    announce(page);
    free(page);
    return survived();
}
