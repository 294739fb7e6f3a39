/* size_class.c - see size_class.h. */
#include "size_class.h"

#include "../options/options.h"
#include "../os/fatal.h"
#include "../span/deferred.h"
#include "magazine.h"
#include "slab.h"

HAK_APART hak_class_t hak_classes[HAK_CLASS_COUNT];
hak_pool_t hak_pools[POOL_COUNT] = {[0 ... POOL_COUNT - 1] = {.cap_bytes = SIZE_MAX}};
unsigned hak_class_end = HAK_CLASS_FIRST, hak_class_learned = HAK_CLASS_LIMIT;

unsigned class_ids_left(void) {
    return HAK_CLASS_LIMIT - hak_class_end;
}

static unsigned next_id(void) {
    HAK_CHECK(class_ids_left() > 0, "too many size classes", NULL);
    return hak_class_end++;
}

void class_set_size(hak_class_t *cls, hak_pool_id_t pool, uint32_t block_bytes) {
    cls->block_bytes = block_bytes;
    cls->pool = (uint8_t)pool;
    cls->reciprocal = (((uint64_t)1 << 40) + block_bytes - 1) / block_bytes;
}

hak_class_t *class_add(hak_pool_id_t pool, uint32_t block_bytes) {
    unsigned id = next_id();
    hak_class_t *cls = &hak_classes[id];
    class_set_size(cls, pool, block_bytes);
    if (hak_pools[pool].first == 0) {
        hak_pools[pool].first = (uint8_t)id;
    }
    hak_pools[pool].last = (uint8_t)id;
    return cls;
}

unsigned class_copy(unsigned class_id) {
    unsigned id = next_id();
    hak_classes[id] = hak_classes[class_id];
    return id;
}

void class_keep_ids(unsigned count) {
    hak_class_learned = hak_class_end;
    hak_class_end = (unsigned)hak_min(hak_class_end + count, HAK_CLASS_LIMIT);
}

void class_set_slab(hak_class_t *cls, unsigned least_pages, unsigned most_pages) {
    unsigned unit = (unsigned)span_unit_pages();
    unsigned best_pages = (unsigned)hak_round_up(least_pages, unit);
    size_t best_tail = best_pages * HAK_PAGE_BYTES % cls->block_bytes;
    for (unsigned pages = best_pages + unit; pages <= most_pages && best_tail > 0; pages += unit) {
        size_t tail = pages * HAK_PAGE_BYTES % cls->block_bytes;
        if (tail * best_pages < best_tail * pages) { /* the smaller share of the span */
            best_pages = pages;
            best_tail = tail;
        }
    }
    size_t blocks = best_pages * HAK_PAGE_BYTES / cls->block_bytes;
    HAK_CHECK(blocks >= 1 && blocks <= SLAB_MAX_BLOCKS, "bad slab geometry", NULL);
    cls->slab_pages = best_pages;
    cls->slab_blocks = (uint16_t)blocks;
}

void class_set_caching(hak_class_t *cls, size_t magazine_bytes, size_t depot_bytes) {
    size_t blocks = hak_min(magazine_bytes / cls->block_bytes, MAGAZINE_MAX_BLOCKS);
    cls->magazine_blocks = (uint8_t)blocks;
    cls->depot_blocks = (uint16_t)hak_min(depot_bytes / cls->block_bytes, UINT16_MAX);
}

void class_set_depot_few(hak_class_t *cls, size_t bytes) {
    cls->depot_few = (uint16_t)hak_min(bytes / cls->block_bytes, UINT16_MAX);
}

void class_set_purging(hak_class_t *cls) {
    /* A page that is a whole slab goes back with it. */
    cls->purges_blocks = cls->slab_pages > span_unit_pages();
    HAK_CHECK(!cls->purges_blocks || cls->slab_blocks <= SLAB_PURGE_MAX_BLOCKS,
              "a slab of too many blocks to purge", NULL);
}

unsigned class_for(hak_pool_id_t pool, size_t bytes) {
    unsigned low = hak_pools[pool].first;
    unsigned last = hak_pools[pool].last;
    if (low == 0 || hak_classes[last].block_bytes < bytes) {
        return HAK_CLASS_NONE;
    }
    unsigned high = last;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (hak_classes[middle].block_bytes < bytes) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

hak_pool_id_t class_pool(unsigned class_id) {
    switch (class_id) {
    case HAK_CLASS_BIG:
    case HAK_CLASS_BIG_BODY:
        return POOL_BIG;
    case HAK_CLASS_DIRECT:
    case HAK_CLASS_DIRECT_BODY:
        return POOL_DIRECT;
    case HAK_CLASS_LARGE_BODY:
        return POOL_LARGE;
    default:
        break;
    }
    return (hak_pool_id_t)hak_classes[class_id].pool;
}

const char *class_pool_name(hak_pool_id_t pool) {
    static const char *const names[] = {"none",  "tiny",   "smallmid", "mid",
                                        "large", "direct", "big"};
    return names[pool];
}

uint32_t class_wmax(hak_pool_id_t pool) {
    switch (pool) {
    case POOL_MID:
        return hak_options.wmax_mid;
    case POOL_LARGE:
        return hak_options.wmax_large;
    default:
        return 0;
    }
}

size_t class_block_bytes(unsigned class_id, size_t request_bytes) {
    if (class_id >= HAK_CLASS_LIMIT) {
        return hak_pages_for(request_bytes) << HAK_PAGE_SHIFT;
    }
    return hak_classes[class_id].block_bytes;
}

bool pool_reserve(hak_pool_id_t pool, size_t bytes) {
    hak_pool_t *p = &hak_pools[pool];
    size_t used = __atomic_load_n(&p->used_bytes, __ATOMIC_RELAXED); /* a sum, orders nothing */
    do {
        if (used > p->cap_bytes || bytes > p->cap_bytes - used) {
            return false;
        }
    } while (!__atomic_compare_exchange_n(&p->used_bytes, &used, used + bytes, true,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return true;
}

void pool_unreserve(hak_pool_id_t pool, size_t bytes) {
    __atomic_fetch_sub(&hak_pools[pool].used_bytes, bytes, __ATOMIC_RELAXED);
}

/* In one look at all that waits, of any class. */
static size_t waiting_bytes(void) {
    size_t bytes = 0, waiting;
    unsigned id = hak_pools[POOL_LARGE].first;
    for (; id <= hak_pools[POOL_LARGE].last; id++) {
        bytes += deferred_filed(id) * hak_classes[id].block_bytes;
    }
    for (hak_waiting_t at = {0}; (waiting = deferred_next(&at)) != 0;) {
        bytes += hak_classes[waiting].block_bytes;
    }
    return bytes;
}

size_t pool_used(hak_pool_id_t pool) {
    size_t bytes = __atomic_load_n(&hak_pools[pool].used_bytes, __ATOMIC_RELAXED);
    return bytes - (pool == POOL_LARGE ? hak_min(bytes, waiting_bytes()) : 0);
}
