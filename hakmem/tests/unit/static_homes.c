/*
 * static_homes.c - core/slab/homes.h: the class ids of a base, its front and its homes lead to each
 * other, and no other class has any.
 */
#include "test.h"

#include "slab/homes.h"
#include "slab/slab.h"

int main(void) {
    free(malloc(1));
    CHECK_EQ(hak_homes.count, HOMES);
    unsigned seen = 0;
    for (unsigned base = HAK_CLASS_FIRST; base < HAK_CLASS_FIRST + HOMED_CLASSES; base++) {
        size_t bytes = hak_classes[base].block_bytes;
        CHECK(bytes < HAK_CACHE_LINE && homes_is_base(base) && !homes_has(base));
        CHECK_EQ(homes_base_of(base), base);
        unsigned others = 0;
        for (unsigned id = homes_next(base); id != HAK_CLASS_NONE; id = homes_next(id)) {
            CHECK(homes_has(id) && !homes_is_base(id));
            CHECK_EQ(homes_is_front(id), others == 0);
            CHECK_EQ(homes_base_of(id), base);
            CHECK_EQ(hak_classes[id].block_bytes, bytes);
            CHECK(others == 0 || id == homes_first(others) + base - HAK_CLASS_FIRST);
            others++;
        }
        CHECK_EQ(others, HOMES); /* a front, and all homes but the base's */
        seen += others;
    }
    CHECK_EQ(seen, HOMES * HOMED_CLASSES);
    for (unsigned id = HAK_CLASS_FIRST + HOMED_CLASSES; id < hak_homes.front; id++) {
        CHECK(!homes_is_base(id) && !homes_has(id) && homes_next(id) == HAK_CLASS_NONE);
        CHECK_EQ(homes_base_of(id), id);
    }
    return 0;
}
