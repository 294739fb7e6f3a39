/*
 * live_pages.c - see live_pages.h.
 */
#include "replayer/live_pages.h"

#include "common/arena.h"

#include <unistd.h>

void live_pages_open(live_pages_t *pages, uint64_t blocks, uint64_t bytes) {
    *pages = (live_pages_t){.page_bytes = (size_t)sysconf(_SC_PAGESIZE), .room = 64};
    /* A block may begin and end within a page. At most half of the table is used. */
    uint64_t most = bytes / pages->page_bytes + 2 * blocks;
    while (pages->room < 2 * most)
        pages->room *= 2;
    pages->numbers = arena_alloc(pages->room, sizeof *pages->numbers);
}

static void add_page(live_pages_t *pages, uint64_t number) {
    uint64_t mask = pages->room - 1, at = number * UINT64_C(0x9e3779b97f4a7c15) >> 16;
    while (pages->numbers[at & mask] != 0 && pages->numbers[at & mask] != number + 1)
        at++;
    pages->count += pages->numbers[at & mask] == 0;
    pages->numbers[at & mask] = number + 1;
}

void live_pages_add(live_pages_t *pages, const void *block, size_t bytes) {
    if (block == NULL || bytes == 0)
        return;
    uint64_t first = (uintptr_t)block / pages->page_bytes;
    uint64_t last = ((uintptr_t)block + bytes - 1) / pages->page_bytes;
    for (uint64_t number = first; number <= last; number++)
        add_page(pages, number);
}

uint64_t live_pages_close(live_pages_t *pages) {
    arena_free(pages->numbers, pages->room, sizeof *pages->numbers);
    return pages->count * pages->page_bytes;
}
