/*
 * hakmem_smallmid.c - the SmallMid tier: 1025 bytes … 8 KiB, eight classes per doubling.
 *
 * With HAKMEM_SMALLMID_ENABLE=0 it has no classes, and the mid pool serves these sizes behind ACE.
 */
#include "hakmem_tiers.h"
#include "options/options.h"

void smallmid_carve(hak_class_t *cls) {
    class_set_slab(cls, 16, 24);
    class_set_caching(cls, 128 * HAK_KIB, 1 * HAK_MIB);
    class_set_purging(cls);
}

void smallmid_add_classes(void) {
    if (hak_options.smallmid_enable == 0) {
        return;
    }
    for (uint32_t base = TINY_MAX_SIZE; base < SMALLMID_MAX_SIZE; base *= 2) {
        for (uint32_t step = 1; step <= 8; step++) {
            smallmid_carve(class_add(POOL_SMALLMID, base + base / 8 * step));
        }
    }
}
