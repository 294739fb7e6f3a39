/* learned.c - see learned.h. */
#include "learned.h"

#include "../cache/thread_cache.h"
#include "../hakmem_ace.h"
#include "../hakmem_tiers.h"
#include "../options/options.h"
#include "../os/door.h"

typedef enum { IS_FREE, IS_ACTIVE, IS_RETIRED, IS_UNREACHABLE, IS_EMPTY } state_t;

static struct {
    uint8_t state; /* state_t; relaxed: other threads read it for figures */
    uint64_t out;  /* while retired, or empty: who has been out of the door since */
} ids[HAK_CLASS_COUNT];

static state_t state_of(unsigned class_id) {
    return (state_t)__atomic_load_n(&ids[class_id].state, __ATOMIC_RELAXED);
}

static void set_state(unsigned class_id, state_t state) {
    __atomic_store_n(&ids[class_id].state, (uint8_t)state, __ATOMIC_RELAXED);
    ids[class_id].out = 0;
}

/* Until it is made a class it is one that nothing leads to. */
void learned_start(void) {
    class_keep_ids(LEARNED_IDS);
}

unsigned learned_find(uint32_t block_bytes) {
    for (unsigned id = hak_class_learned; id < hak_class_end; id++) {
        if (learned_is_any(id) && hak_classes[id].block_bytes == block_bytes) {
            return id;
        }
    }
    return HAK_CLASS_NONE;
}

unsigned learned_free_ids(void) {
    unsigned count = 0;
    for (unsigned id = hak_class_learned; id < hak_class_end; id++) {
        count += state_of(id) == IS_FREE;
    }
    return count;
}

/* A block serves a smaller size where it lies down to half of the class, or to the bound of W_MAX:
 * as of other classes. */
static void set_least_resize(unsigned class_id) {
    bool is_bound = class_wmax(class_pool(class_id)) != 0;
    hak_class_t *cls = &hak_classes[class_id];
    cls->least_resize = is_bound ? (uint32_t)ace_least_request(class_id) : cls->block_bytes / 2;
}

unsigned learned_make(uint32_t block_bytes, hak_pool_id_t pool) {
    unsigned id = hak_class_learned;
    while (id < hak_class_end - 1 && state_of(id) != IS_FREE) {
        id++;
    }
    hak_class_t row = {0};
    class_set_size(&row, pool, block_bytes);
    if (pool == POOL_LARGE) {
        large_carve(&row);
    } else if (pool == POOL_MID) {
        mid_carve(&row);
    } else {
        smallmid_carve(&row);
    }
    depot_set_class(id, &row);
    set_least_resize(id);
    set_state(id, IS_ACTIVE);
    return id;
}

void learned_keep(unsigned class_id) {
    class_set_retired(class_id, false);
    set_state(class_id, IS_ACTIVE);
}

void learned_retire(unsigned class_id) {
    class_set_retired(class_id, true);
    set_state(class_id, IS_RETIRED);
}

static bool has_left(unsigned class_id) {
    ids[class_id].out = door_look(ids[class_id].out);
    return ids[class_id].out == DOOR_ALL_OUT;
}

static bool is_left(unsigned class_id) {
    hak_depot_figures_t depot;
    depot_read(class_id, &depot);
    return depot.blocks != 0 || depot.magazine_blocks != 0 || cache_is_held(class_id);
}

unsigned learned_drain(void) {
    unsigned freed = 0;
    for (unsigned id = hak_class_learned; id < hak_class_end && hak_options.harden == 0; id++) {
        switch (state_of(id)) {
        case IS_RETIRED:
            if (has_left(id)) {
                set_state(id, IS_UNREACHABLE);
            }
            break;
        case IS_UNREACHABLE:
            if (!is_left(id)) {
                set_state(id, IS_EMPTY);
            }
            break;
        case IS_EMPTY:
            if (has_left(id)) {
                set_state(id, IS_FREE);
                freed++;
            }
            break;
        default:
            break;
        }
    }
    return freed;
}

bool learned_is_active(unsigned class_id) {
    return state_of(class_id) == IS_ACTIVE;
}

bool learned_is_any(unsigned class_id) {
    return state_of(class_id) != IS_FREE && state_of(class_id) != IS_EMPTY;
}
