/*
 * hakmem_smallmid.c - the SmallMid tier: 1025 bytes … 8 KiB, eight classes per doubling, and one
 * for a page with a header.
 *
 * With HAKMEM_SMALLMID_ENABLE=0 it has no classes, and the mid pool serves these sizes behind ACE.
 */
#include "hakmem_tiers.h"
#include "options/options.h"

/* What SQLite asks for to cache a page of 4 KiB, its default: nearly all that it holds. Fifteen
 * fill 64 KiB, and the next class of the doubling would waste a twentieth. */
enum { HEADED_PAGE_BYTES = 4096 + 272 };

void smallmid_carve(hak_class_t *cls) {
    class_set_slab(cls, 16, 24);
    class_set_caching(cls, 128 * HAK_KIB, 1 * HAK_MIB);
    class_set_purging(cls);
}

static void add(uint32_t block_bytes) {
    smallmid_carve(class_add(POOL_SMALLMID, block_bytes));
}

void smallmid_add_classes(void) {
    if (hak_options.smallmid_enable == 0) {
        return;
    }
    for (uint32_t base = TINY_MAX_SIZE; base < SMALLMID_MAX_SIZE; base *= 2) {
        if (base < HEADED_PAGE_BYTES && base + base / 8 > HEADED_PAGE_BYTES) {
            add(HEADED_PAGE_BYTES);
        }
        for (uint32_t step = 1; step <= 8; step++) {
            add(base + base / 8 * step);
        }
    }
}
