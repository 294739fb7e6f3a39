/*
 * hakmem_l25_pool.c - the Large ("L2.5") pool, behind ACE: 64 KiB … 2 MiB.
 *
 * A block is a span of its own: it goes back to the span heap, which coalesces and serves every
 * class, as soon as it is freed; a thread keeps a few blocks of the classes up to 256 KiB, which
 * take a small share of the memory in use. Slab slots, kept per class, would hold on to each
 * class's peak.
 *
 * W_MAX is the other half: a warm span whose length lies within the bound is taken whole for a
 * smaller request, rather than split (which leaves slivers) or passed over for new memory. The
 * block then belongs to the largest class that fits into it.
 *
 * The built-in classes are eight per doubling, in whole pages; HAKMEM_LARGE_CLASSES replaces them.
 * HAKMEM_CAP_LARGE bounds the bytes of all spans of the pool, those kept by threads included.
 */
#include "cache/upkeep.h"
#include "hakmem_ace.h"
#include "hakmem_tiers.h"
#include "options/options.h"
#include "os/fatal.h"
#include "report/ace_failure.h"

enum { MOST_CLASSES = 64 };

static void add(uint32_t block_bytes) {
    hak_class_t *cls = class_add(POOL_LARGE, block_bytes);
    if (block_bytes <= 256 * HAK_KIB) {
        class_set_caching(cls, 1 * HAK_MIB, 0);
        cls->magazine_blocks = (uint8_t)hak_min(cls->magazine_blocks, 16);
    }
}

void large_add_classes(void) {
    hak_pools[POOL_LARGE].cap_bytes = hak_options.cap_large;
    uint32_t sizes[MOST_CLASSES];
    unsigned count = 0;
    if (hak_options.large_classes != NULL) {
        count = options_sizes("HAKMEM_LARGE_CLASSES", hak_options.large_classes, HAK_PAGE_BYTES,
                              MID_MAX_SIZE + HAK_PAGE_BYTES, LARGE_MAX_SIZE, sizes, MOST_CLASSES);
    }
    for (unsigned i = 0; i < count; i++) {
        add(sizes[i]);
    }
    if (count > 0) {
        return;
    }
    add(LARGE_MIN_CLASS);
    for (uint32_t base = LARGE_MIN_CLASS; base < LARGE_MAX_SIZE; base *= 2) {
        for (uint32_t step = 1; step <= 8; step++) {
            add(base + base / 8 * step);
        }
    }
}

/* The class that a span of so many pages belongs to: the largest of [first, last] that fits. */
static unsigned class_of_span(unsigned first, unsigned last, size_t pages) {
    while (last > first && hak_classes[last].block_bytes > pages << HAK_PAGE_SHIFT) {
        last--;
    }
    return last;
}

static void *hand_out(hak_span_t *span) {
    hak_tls.fresh = span->fresh;
    cache_count_span(span->class_id, true);
    cache_note_flow(span->class_id, -1);
    return (void *)span->base;
}

void *large_reuse(unsigned first, unsigned last) {
    size_t pages = hak_pages_for(hak_classes[first].block_bytes);
    size_t most_bytes = hak_pages_for(hak_classes[last].block_bytes) << HAK_PAGE_SHIFT;
    if (!heap_has_dirty(pages) || !pool_reserve(POOL_LARGE, most_bytes)) {
        return NULL;
    }
    hak_span_request_t request = {.pages = pages,
                                  .align_pages = 1,
                                  .class_id = first,
                                  .whole_pages = most_bytes >> HAK_PAGE_SHIFT,
                                  .dirty_only = true};
    hak_map_failure_t failure;
    hak_span_t *span = heap_alloc(&request, &failure);
    size_t got = span == NULL ? 0 : span->pages << HAK_PAGE_SHIFT;
    pool_unreserve(POOL_LARGE, most_bytes - got);
    if (span == NULL) {
        return NULL;
    }
    heap_set_class(span, class_of_span(first, last, span->pages));
    return hand_out(span);
}

static hak_pool_result_t report(hak_ace_failure_t failure, hak_pool_result_t result) {
    ace_failure_report(&failure);
    return result;
}

/* A pool at its cap may be so only by what this thread keeps of other classes. */
static bool reserve_or_flush(size_t bytes) {
    if (pool_reserve(POOL_LARGE, bytes)) {
        return true;
    }
    cache_flush();
    return pool_reserve(POOL_LARGE, bytes);
}

hak_pool_result_t large_grow(unsigned class_id, size_t request_bytes, size_t room_bytes,
                             void **block) {
    size_t bytes = hak_pages_for(hak_classes[class_id].block_bytes) << HAK_PAGE_SHIFT;
    *block = NULL;
    if (!reserve_or_flush(bytes)) {
        if (room_bytes > 0) {
            return POOL_EXHAUSTED;
        }
        return report((hak_ace_failure_t){.reason = ACE_EXHAUSTION,
                                          .request_bytes = request_bytes,
                                          .class_id = class_id,
                                          .used_bytes = pool_used(POOL_LARGE),
                                          .cap_bytes = hak_pools[POOL_LARGE].cap_bytes},
                      POOL_EXHAUSTED);
    }
    hak_span_request_t request = {.pages = bytes >> HAK_PAGE_SHIFT,
                                  .align_pages = 1,
                                  .class_id = class_id,
                                  .room_pages = hak_pages_for(room_bytes)};
    hak_map_failure_t failure;
    hak_span_t *span = heap_alloc(&request, &failure);
    if (span == NULL && room_bytes == 0) {
        report((hak_ace_failure_t){.reason = ACE_MAPFAIL,
                                   .request_bytes = request_bytes,
                                   .class_id = class_id,
                                   .map_bytes = failure.bytes,
                                   .map_errno = failure.error},
               POOL_REFUSED);
        upkeep_reclaim(0);
        span = heap_alloc(&request, &failure);
    }
    if (span == NULL) {
        pool_unreserve(POOL_LARGE, bytes);
        return POOL_REFUSED;
    }
    *block = hand_out(span);
    return POOL_SERVED;
}

/* Brings the span to `pages`, and what the pool holds with it; false: it cannot. */
static bool resize_span(hak_span_t *span, size_t pages) {
    size_t before = span->pages;
    if (pages > before) {
        size_t more_bytes = (pages - before) << HAK_PAGE_SHIFT;
        if (!pool_reserve(POOL_LARGE, more_bytes)) {
            return false;
        }
        if (!heap_extend(span, pages)) {
            pool_unreserve(POOL_LARGE, more_bytes);
            return false;
        }
        cache_note_flow_bytes(-(ptrdiff_t)more_bytes);
    } else if (pages < before) {
        if (!heap_shrink(span, pages)) {
            return false;
        }
        pool_unreserve(POOL_LARGE, (before - pages) << HAK_PAGE_SHIFT);
    }
    return true;
}

bool large_resize(void *block, size_t bytes) {
    hak_span_t *span = span_of(block);
    HAK_CHECK(span != NULL && span->state == SPAN_USED && span->base == (uintptr_t)block,
              "realloc of a pointer that is nobody's", block);
    unsigned before = span->class_id, class_id = class_for(POOL_LARGE, bytes);
    bool to_big = bytes > LARGE_MAX_SIZE;
    if (!to_big &&
        (class_id == HAK_CLASS_NONE ||
         !ace_allows(bytes, hak_classes[class_id].block_bytes, class_wmax(POOL_LARGE)))) {
        return false;
    }
    size_t pages = to_big ? exact_pages(HAK_CLASS_BIG, bytes)
                          : hak_pages_for(hak_classes[class_id].block_bytes);
    if (!resize_span(span, pages)) {
        return false;
    }
    cache_count_span(before, false);
    if (to_big) {
        pool_unreserve(POOL_LARGE, span->pages << HAK_PAGE_SHIFT);
        exact_adopt(span, bytes);
    } else {
        heap_set_class(span, class_id);
        cache_count_span(class_id, true);
    }
    return true;
}
