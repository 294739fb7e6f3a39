/* limit.c - see limit.h. */
#include "limit.h"

#include "../options/options.h"
#include "../os/memory_limit.h"

#define SHORTAGE_SHARE 64 /* of the limit, between two shortages */
/* Of a group's limit: the kernel counts page tables, stacks and hakmem's records in it, too. A
 * program of 10 MiB had 2.3 MiB of these. */
#define BESIDE_SHARE 8

hak_limit_t hak_limit = {.pages = SIZE_MAX};

static size_t next_shortage; /* pages in use; heap lock */

/* What of the group's limit is there for the heap: the program's own pages are there before it. */
static size_t group_bytes(void) {
    size_t bytes = memory_limit_of_group("");
    size_t taken = bytes / BESIDE_SHARE + memory_resident("");
    /* v1 says "none" by the largest multiple of a page that its counter holds */
    return bytes >= HAK_ADDRESS_SPACE ? SIZE_MAX : bytes - hak_min(bytes, taken);
}

void limit_start(void) {
    size_t bytes = hak_options.limit;
    hak_limit.refuses = bytes != HAK_LIMIT_OF_GROUP;
    if (bytes == HAK_LIMIT_OF_GROUP) {
        bytes = group_bytes();
    }
    hak_limit.pages = bytes == SIZE_MAX ? SIZE_MAX : bytes >> HAK_PAGE_SHIFT;
    next_shortage = hak_limit.pages;
}

void limit_note_shortage(size_t pages) {
    if (pages >= next_shortage) {
        next_shortage = pages + hak_limit.pages / SHORTAGE_SHARE;
        /* Relaxed: a hint, nothing hangs on its order. */
        __atomic_store_n(&hak_limit.is_short, 1, __ATOMIC_RELAXED);
    } else if (pages < hak_limit.pages) {
        next_shortage = hak_limit.pages;
    }
}

bool limit_take_shortage(void) {
    return __atomic_exchange_n(&hak_limit.is_short, 0, __ATOMIC_RELAXED) != 0;
}
