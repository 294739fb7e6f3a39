/* homes.c - see homes.h. */
#include "homes.h"

hak_homes_t hak_homes = {.front = HAK_CLASS_COUNT};

void homes_add_classes(void) {
    unsigned homes = class_ids_left() / HOMED_CLASSES; /* the fronts take what home 0 has */
    homes = (unsigned)hak_min(homes, HOMES);
    if (homes < 2) {
        return;
    }
    for (unsigned i = 0; i < homes * HOMED_CLASSES; i++) {
        unsigned id = class_copy(HAK_CLASS_FIRST + i % HOMED_CLASSES);
        if (i == 0) {
            hak_homes = (hak_homes_t){.count = (uint8_t)homes, .front = (uint8_t)id};
        }
    }
}
