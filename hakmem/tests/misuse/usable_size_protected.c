/*
 * usable_size_protected.c - asks for the usable size of a page that nobody may touch.
 *
 * level 0-2: size of an invalid pointer
 */
#include "misuse.h"

#include <sys/mman.h>

int main(void) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    void *page = mmap(NULL, 4096, PROT_NONE, flags, -1, 0);
    CHECK(page != MAP_FAILED);
    announce(page);
    malloc_usable_size(page);
    return survived();
}
