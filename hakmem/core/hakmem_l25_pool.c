/*
 * hakmem_l25_pool.c - the Large ("L2.5") pool, behind ACE: 64 KiB … 2 MiB.
 *
 * A block is a span of its own: it goes back to the span heap, which coalesces and serves every
 * class, as soon as it is freed, or after it has waited for the next request
 * (hakmem_l25_pool.h). Slab slots, kept per class, would hold on to each class's peak. Where none
 * may wait, a thread keeps a few blocks of the classes up to 256 KiB, which take a small share of
 * the memory in use.
 *
 * W_MAX is the other half: a warm span whose length lies within the bound is taken whole for a
 * smaller request, rather than split (which leaves slivers) or passed over for new memory; and
 * spans of clean memory are cut so that there are such (span_cut_pages). The block belongs to the
 * class of the request, however long the span is.
 *
 * The built-in classes are eight per doubling, in whole pages; HAKMEM_LARGE_CLASSES replaces them.
 * HAKMEM_CAP_LARGE bounds the bytes of the pool's blocks, by class, those kept by threads included.
 */
#include "cache/upkeep.h"
#include "hakmem_l25_pool.h"
#include "options/options.h"
#include "os/fatal.h"
#include "report/ace_failure.h"

hak_large_t hak_large[HAK_CLASS_COUNT];
bool hak_large_waits[HAK_CLASS_COUNT];
hak_large_fit_t hak_large_fits[LARGE_MAX_SIZE / HAK_PAGE_BYTES + 1];

void large_carve(hak_class_t *cls) {
    if (cls->block_bytes <= 256 * HAK_KIB) {
        class_set_caching(cls, 1 * HAK_MIB, 0);
        cls->magazine_blocks = (uint8_t)hak_min(cls->magazine_blocks, 16);
    }
}

static void add(uint32_t block_bytes) {
    large_carve(class_add(POOL_LARGE, block_bytes));
}

void large_add_classes(void) {
    hak_pools[POOL_LARGE].cap_bytes = hak_options.cap_large;
    if (tier_add_listed("HAKMEM_LARGE_CLASSES", hak_options.large_classes, HAK_PAGE_BYTES,
                        MID_MAX_SIZE + HAK_PAGE_BYTES, LARGE_MAX_SIZE, add)) {
        return;
    }
    add(LARGE_MIN_CLASS);
    for (uint32_t base = LARGE_MIN_CLASS; base < LARGE_MAX_SIZE; base *= 2) {
        for (uint32_t step = 1; step <= 8; step++) {
            add(base + base / 8 * step);
        }
    }
}

static void *hand_out(hak_span_t *span) {
    hak_tls.fresh = span->fresh;
    cache_count_span(span->class_id, true);
    cache_note_flow(span->class_id, -1);
    return (void *)span->base;
}

void *large_reuse(unsigned class_id, size_t request_bytes) {
    size_t bytes = hak_classes[class_id].block_bytes, pages = span_pages_for(bytes);
    hak_span_request_t request = {.pages = pages,
                                  .align_pages = 1,
                                  .class_id = class_id,
                                  .whole_pages = span_whole_pages(request_bytes, pages)};
    if (!heap_has_dirty(pages) || !pool_reserve(POOL_LARGE, bytes)) {
        return NULL;
    }
    hak_span_t *span = heap_reuse(&request);
    if (span == NULL) {
        pool_unreserve(POOL_LARGE, bytes);
        return NULL;
    }
    return hand_out(span);
}

void *large_take_dirty(size_t class_id, size_t request_pages) {
    size_t pages = hak_large[class_id].least_pages;
    hak_span_request_t request = {.pages = pages,
                                  .align_pages = 1,
                                  .class_id = (unsigned)class_id,
                                  .whole_pages = pages + hak_large_fits[request_pages].more_pages};
    hak_span_t *span = heap_reuse(&request);
    if (span == NULL) {
        return NULL;
    }
    pool_count(POOL_LARGE, hak_large[class_id].block_bytes);
    return hand_out(span);
}

void large_give_dirty(void *block, size_t class_id) {
    hak_tls.thread->last = deferred_place();
    cache_note_flow((unsigned)class_id, 1);
    heap_free_last(span_of_block(block));
}

static hak_large_fit_t fit_of(size_t request_pages, unsigned class_id) {
    size_t least_request = ((request_pages - 1) << HAK_PAGE_SHIFT) + 1;
    uint16_t least = hak_large[class_id].least_pages;
    return (hak_large_fit_t){
        .least_pages = least,
        .more_pages = (uint16_t)(span_whole_pages(least_request, least) - least),
    };
}

void large_start(void) {
    bool is_quick = hak_options.purge_delay_ms != 0 && hak_pools[POOL_LARGE].cap_bytes == SIZE_MAX;
    for (unsigned id = 0; id < HAK_CLASS_COUNT; id++) {
        hak_large[id].least_pages = UINT16_MAX;
    }
    for (unsigned id = hak_pools[POOL_LARGE].first; id <= hak_pools[POOL_LARGE].last; id++) {
        hak_large[id].block_bytes = hak_classes[id].block_bytes;
        hak_large[id].least_pages = (uint16_t)span_pages_for(hak_classes[id].block_bytes);
        hak_large_waits[id] = is_quick && hak_options.harden == 0;
        if (hak_large_waits[id]) { /* of what waits any class may take; of a magazine only one */
            hak_classes[id].magazine_blocks = 0;
        }
    }
    unsigned id = hak_pools[POOL_LARGE].first; /* what class_for says of the sizes in turn */
    for (size_t pages = 0; pages <= LARGE_MAX_SIZE / HAK_PAGE_BYTES; pages++) {
        while (id <= hak_pools[POOL_LARGE].last && hak_large[id].least_pages < pages) {
            id++;
        }
        bool may_wait = is_quick && pages > 0 && id <= hak_pools[POOL_LARGE].last;
        hak_large_fits[pages] = may_wait ? fit_of(pages, id) : (hak_large_fit_t){UINT16_MAX, 0};
    }
}

static hak_span_request_t new_span(unsigned class_id, size_t request_bytes) {
    size_t pages = span_pages_for(hak_classes[class_id].block_bytes);
    return (hak_span_request_t){.pages = pages,
                                .align_pages = 1,
                                .class_id = class_id,
                                .cut_pages = span_cut_pages(request_bytes, pages)};
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
    hak_span_request_t request = new_span(class_id, request_bytes);
    bool is_wish = room_bytes > 0;
    *block = NULL;
    if (is_wish) {
        request.room_pages = hak_pages_for(room_bytes);
        request.cut_pages = 0;
    }
    size_t bytes = hak_classes[class_id].block_bytes;
    if (!reserve_or_flush(bytes)) {
        if (!is_wish) {
            ace_failure_exhausted(class_id, request_bytes, pool_used(POOL_LARGE),
                                  hak_pools[POOL_LARGE].cap_bytes);
        }
        return POOL_EXHAUSTED;
    }
    hak_map_failure_t failure;
    hak_span_t *span = tier_span(&request, &failure);
    if (span == NULL && !is_wish) {
        ace_failure_refused(class_id, request_bytes, &failure);
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

void *large_try(unsigned class_id, size_t request_bytes) {
    void *block = cache_pop(class_id);
    if (block == NULL) {
        block = large_reuse(class_id, request_bytes);
    }
    if (block != NULL) {
        return block;
    }
    size_t bytes = hak_classes[class_id].block_bytes;
    hak_span_request_t request = new_span(class_id, request_bytes);
    hak_map_failure_t failure;
    if (!pool_reserve(POOL_LARGE, bytes)) {
        return NULL;
    }
    hak_span_t *span = heap_alloc(&request, &failure);
    if (span == NULL) {
        pool_unreserve(POOL_LARGE, bytes);
        return NULL;
    }
    return hand_out(span);
}

bool large_resize(void *block, size_t bytes) {
    hak_span_t *span = span_of_block(block);
    HAK_CHECK(span != NULL, "realloc of an invalid pointer", block);
    unsigned before = span->class_id, class_id = class_for(POOL_LARGE, bytes);
    bool to_big = bytes > LARGE_MAX_SIZE;
    if (!to_big && (class_id == HAK_CLASS_NONE || hak_classes[class_id].least_resize > bytes)) {
        return false;
    }
    size_t held_bytes = hak_classes[before].block_bytes; /* of the pool's cap */
    size_t now_bytes = to_big ? 0 : hak_classes[class_id].block_bytes;
    size_t pages = to_big ? exact_pages(HAK_CLASS_BIG, bytes) : span_pages_for(now_bytes);
    size_t more_bytes = now_bytes > held_bytes ? now_bytes - held_bytes : 0;
    if (!pool_reserve(POOL_LARGE, more_bytes)) {
        return false;
    }
    bool fits = span->pages >= pages && span->pages <= span_whole_pages(bytes, pages);
    if (!fits && !heap_resize(span, pages)) {
        pool_unreserve(POOL_LARGE, more_bytes);
        return false;
    }
    pool_unreserve(POOL_LARGE, held_bytes + more_bytes - now_bytes);
    cache_note_flow_bytes((ptrdiff_t)held_bytes -
                          (ptrdiff_t)(to_big ? span->pages << HAK_PAGE_SHIFT : now_bytes));
    cache_count_span(before, false);
    if (to_big) {
        exact_adopt(span, bytes);
    } else {
        heap_set_class(span, class_id);
        cache_count_span(class_id, true);
    }
    return true;
}
