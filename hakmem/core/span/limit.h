/*
 * limit.h - HAKMEM_LIMIT: how many pages of the heap may be in memory.
 *
 * Spans in use count whole, and so do dirty ones; hakmem's own records do not. What is idle goes
 * back for what is asked for: dirty spans at once (span_heap.c), and when that is not enough
 * everything that is cached, by whoever was refused (upkeep_reclaim). Of a limit in bytes the
 * request is refused then. That of a control group is the kernel's to enforce, which counts pages
 * that were touched and no others: growth goes on, and the next slow operation gives back what
 * is cached (limit_take_shortage).
 */
#ifndef HAK_LIMIT_H
#define HAK_LIMIT_H

#include "../base/base.h"

typedef struct hak_limit {
    size_t pages; /* SIZE_MAX: none */
    bool refuses;
    uint32_t is_short; /* atomic */
} hak_limit_t;

extern hak_limit_t hak_limit HAK_HIDDEN; /* but for is_short, read-only after start-up */

void limit_start(void); /* after the options were read; asks the system */

static inline bool limit_is_set(void) {
    return hak_limit.pages != SIZE_MAX;
}

/* What is left of it for others where so many bytes are in use. */
static inline size_t limit_room_bytes(size_t used_bytes) {
    size_t used = used_bytes >> HAK_PAGE_SHIFT;
    return !limit_is_set() ? SIZE_MAX
                           : (hak_limit.pages - hak_min(used, hak_limit.pages)) << HAK_PAGE_SHIFT;
}

/* Notes that `pages` are in use, beyond a limit that refuses nothing. Heap lock. */
void limit_note_shortage(size_t pages);
/* Whether everything that is cached is to be given back now: once for each 64th of the limit by
 * which the heap grows beyond it. Lock-free. */
bool limit_take_shortage(void);
static inline bool limit_is_short(void) { /* a hint: ask then */
    return HAK_RELAXED(hak_limit.is_short) != 0;
}

#endif
