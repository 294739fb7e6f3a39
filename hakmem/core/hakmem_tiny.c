/*
 * hakmem_tiny.c - the Tiny tier: 1 … 1024 bytes.
 *
 * Classes are 16 bytes apart up to 256 and eight per doubling above, so that at most an eighth of
 * a block is waste. A slab is 16 to 64 KiB, of at most 1024 blocks, or a page of the system.
 */
#include "hakmem_tiers.h"
#include "slab/slab.h"

enum { MOST_BLOCKS = 1024 };

static void add(uint32_t block_bytes) {
    hak_class_t *cls = class_add(POOL_TINY, block_bytes);
    unsigned most_pages =
        (unsigned)hak_min(16, (size_t)MOST_BLOCKS * block_bytes >> HAK_PAGE_SHIFT);
    class_set_slab(cls, hak_max(most_pages * 3 / 4, 1), most_pages);
    class_set_caching(cls, 64 * HAK_KIB, 1 * HAK_MIB);
    class_set_depot_few(cls, 256 * HAK_KIB);
    class_set_purging(cls);
}

void tiny_add_classes(void) {
    for (uint32_t bytes = 16; bytes <= 256; bytes += 16) {
        add(bytes);
    }
    for (uint32_t base = 256; base < TINY_MAX_SIZE; base *= 2) {
        for (uint32_t step = 1; step <= 8; step++) {
            add(base + base / 8 * step);
        }
    }
}
