/*
 * hakmem_pool.c - the Mid pool, behind ACE: above 8 KiB (or above 1 KiB without SmallMid) up to
 * 56 KiB.
 *
 * Blocks lie back to back in slabs of at least eight, so a 33,000-byte request costs the 36,864
 * bytes of its class and not a power of two's share. The built-in classes are eight per doubling;
 * HAKMEM_MID_CLASSES replaces them. HAKMEM_CAP_MID bounds the slabs' bytes.
 */
#include "hakmem_tiers.h"
#include "options/options.h"

enum { LEAST_BLOCKS = 8, MOST_SLAB_PAGES = 160 };

void mid_carve(hak_class_t *cls) {
    unsigned least = (unsigned)hak_pages_for((size_t)LEAST_BLOCKS * cls->block_bytes);
    least = (unsigned)hak_max(least, 16);
    class_set_slab(cls, least, (unsigned)hak_min(least * 2, MOST_SLAB_PAGES));
    class_set_caching(cls, 1 * HAK_MIB, 16 * HAK_MIB);
    class_set_purging(cls);
}

static void add(uint32_t block_bytes) {
    mid_carve(class_add(POOL_MID, block_bytes));
}

static void add_doubling(uint32_t base, uint32_t end) {
    for (uint32_t step = 1; step <= 8 && base + base / 8 * step <= end; step++) {
        add(base + base / 8 * step);
    }
}

void mid_add_classes(void) {
    hak_pools[POOL_MID].cap_bytes = hak_options.cap_mid;
    if (tier_add_listed("HAKMEM_MID_CLASSES", hak_options.mid_classes, HAK_ALIGNMENT, TINY_MAX_SIZE,
                        MID_MAX_SIZE, add)) {
        return;
    }
    uint32_t base = hak_options.smallmid_enable ? SMALLMID_MAX_SIZE : TINY_MAX_SIZE;
    for (; base < MID_MAX_SIZE; base *= 2) {
        add_doubling(base, MID_MAX_SIZE);
    }
}
