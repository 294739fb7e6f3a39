/* slab_grow.c - see slab_grow in slab.h: where slabs meet spans and caps. */
#include <errno.h>

#include "slab.h"
#include "slab_guard.h"

/* A slab of so many blocks leaves an eighth of itself over at most. */
enum { LEAST_BLOCKS = 8 };

/* Rather than clean memory a slab takes a dirty span that is too short, down to half of its length:
 * what slabs of one length left behind would lie idle while those of another grow. */
static size_t wanted_pages(const hak_class_t *cls) {
    size_t room = slab_guard_room(), pages = cls->slab_pages;
    size_t least = hak_max(span_pages_for(LEAST_BLOCKS * (size_t)cls->block_bytes), pages / 2);
    size_t shorter = least < pages ? heap_dirty_below(pages + room, least + room) : 0;
    return shorter == 0 ? pages : shorter - room;
}

/* The pages that the cap leaves for a slab, down to what one block needs; 0: not even that. */
static size_t reserve_pages(const hak_class_t *cls) {
    hak_pool_id_t pool = (hak_pool_id_t)cls->pool;
    size_t least = span_pages_for(cls->block_bytes);
    size_t pages = wanted_pages(cls);
    while (!pool_reserve(pool, pages << HAK_PAGE_SHIFT)) {
        if (pages == least) {
            return 0;
        }
        pages = hak_max(span_pages_for(pages / 2 << HAK_PAGE_SHIFT), least);
    }
    return pages;
}

hak_grow_t slab_grow(unsigned class_id, hak_map_failure_t *failure) {
    const hak_class_t *cls = &hak_classes[class_id];
    size_t pages = reserve_pages(cls);
    if (pages == 0) {
        return GROW_EXHAUSTED;
    }
    hak_span_request_t request = {.pages = pages + slab_guard_room(),
                                  .align_pages = 1,
                                  .class_id = class_id,
                                  .is_slab = true};
    hak_span_t *span = heap_alloc(&request, failure);
    if (span != NULL) {
        slab_guard(span);
    }
    if (span != NULL && slab_add(class_id, span)) {
        return GROW_DONE;
    }
    if (span != NULL) {
        *failure = (hak_map_failure_t){.bytes = HAK_PAGE_BYTES, .error = ENOMEM};
        slab_free_span(span);
    }
    pool_unreserve((hak_pool_id_t)cls->pool, pages << HAK_PAGE_SHIFT);
    return GROW_REFUSED;
}
