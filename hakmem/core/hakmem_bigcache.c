/*
 * hakmem_bigcache.c - blocks without a class: Big ones (above 2 MiB), whose spans may be longer
 * than they are (span_cut_pages), and those of the direct path, page-exact, which serves what ACE
 * could not, and alignments that no class has.
 *
 * The cache of mappings is the span heap's store of dirty spans: a freed block stays mapped and
 * warm there, merged with its neighbours, until it is reused or its time has come. A block that
 * grows takes the free pages behind it. (Its pages are not moved with mremap: each move leaves
 * mappings that no longer merge, and kernels before 6.17 unmap the target when they refuse.)
 */
#include <errno.h>

#include "cache/upkeep.h"
#include "hakmem_tiers.h"
#include "os/fatal.h"
#include "report/ace_failure.h"

/* mid33, first byte of each block touched: 10 MiB resident instead of 22, speed x 1.27. */
#define BIG_UNIT_PAGES (OS_PAGE_MOST >> HAK_PAGE_SHIFT)

static size_t requested_bytes[POOL_COUNT]; /* of all live blocks */

void exact_set_request(hak_span_t *span, size_t bytes) {
    size_t *sum = &requested_bytes[class_pool(span->class_id)];
    __atomic_fetch_add(sum, bytes - span->request_bytes, __ATOMIC_RELAXED); /* a figure */
    span->request_bytes = bytes;
}

size_t exact_requested_bytes(hak_pool_id_t pool) {
    return __atomic_load_n(&requested_bytes[pool], __ATOMIC_RELAXED);
}

/* The span of a Big block is rounded up, so that spans begin at few different places and what the
 * first byte of each block dirties is not, in the end, every page; and of clean memory it is longer
 * (span_cut_pages). The block may use its own pages only; the others are address space, or memory
 * that an earlier block left. */
size_t exact_pages(unsigned kind, size_t bytes) {
    size_t pages = span_pages_for(hak_max(bytes, 1));
    return kind == HAK_CLASS_BIG ? hak_round_up(pages, BIG_UNIT_PAGES) : pages;
}

/* The longest that the span of such a block may be. */
static size_t most_pages(unsigned kind, size_t bytes) {
    size_t pages = exact_pages(kind, bytes);
    return kind == HAK_CLASS_BIG ? span_whole_pages(bytes, pages) : pages;
}

void *exact_alloc(unsigned kind, unsigned failure_class, size_t bytes, size_t alignment,
                  size_t room_bytes) {
    size_t pages = exact_pages(kind, bytes);
    bool is_cut_longer = kind == HAK_CLASS_BIG && room_bytes == 0;
    hak_span_request_t request = {.pages = pages,
                                  .align_pages = hak_max(alignment >> HAK_PAGE_SHIFT, 1),
                                  .class_id = kind,
                                  .room_pages = hak_pages_for(room_bytes),
                                  .whole_pages = most_pages(kind, bytes),
                                  .cut_pages = is_cut_longer ? span_cut_pages(bytes, pages) : 0};
    hak_map_failure_t failure;
    hak_span_t *span = tier_span(&request, &failure);
    if (span == NULL) {
        if (failure_class != HAK_CLASS_NONE) {
            ace_failure_refused(failure_class, bytes, &failure);
        }
        if (hak_max(bytes, alignment) < HAK_ADDRESS_SPACE) { /* else nothing helps */
            upkeep_reclaim(0);
            span = heap_alloc(&request, &failure);
        }
    }
    if (span == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    hak_tls.fresh = span->fresh;
    if (span->fresh) {
        upkeep_new_memory(span->pages << HAK_PAGE_SHIFT);
    }
    pool_reserve(class_pool(kind), span->pages << HAK_PAGE_SHIFT);
    exact_set_request(span, bytes);
    cache_note_flow_bytes(-(ptrdiff_t)(span->pages << HAK_PAGE_SHIFT));
    upkeep_tick(); /* the level that this block brings is to be seen now, not when it is freed */
    return (void *)span->base;
}

static hak_span_t *own_span(const void *block) {
    hak_span_t *span = span_of_block(block);
    HAK_CHECK(span != NULL, "pointer into the middle of a block", block);
    return span;
}

void exact_free(void *block) {
    hak_span_t *span = own_span(block);
    exact_set_request(span, 0);
    pool_unreserve(class_pool(span->class_id), span->pages << HAK_PAGE_SHIFT);
    cache_note_flow_bytes((ptrdiff_t)(span->pages << HAK_PAGE_SHIFT));
    heap_free(span);
}

static bool resize_in_place(hak_span_t *span, size_t pages) {
    size_t before = span->pages;
    if (!heap_resize(span, pages)) {
        return false;
    }
    pool_reserve(class_pool(span->class_id), pages << HAK_PAGE_SHIFT);
    pool_unreserve(class_pool(span->class_id), before << HAK_PAGE_SHIFT);
    cache_note_flow_bytes(((ptrdiff_t)before - (ptrdiff_t)pages) * (ptrdiff_t)HAK_PAGE_BYTES);
    return true;
}

bool exact_resize(void *block, size_t bytes) {
    hak_span_t *span = own_span(block);
    size_t pages = exact_pages(span->class_id, bytes);
    bool fits = span->pages >= pages && span->pages <= most_pages(span->class_id, bytes);
    if (!fits && !resize_in_place(span, pages)) {
        return false;
    }
    exact_set_request(span, bytes);
    return true;
}

void exact_adopt(hak_span_t *span, size_t bytes) {
    span->request_bytes = 0;
    heap_set_class(span, HAK_CLASS_BIG);
    pool_reserve(POOL_BIG, span->pages << HAK_PAGE_SHIFT);
    exact_set_request(span, bytes);
}

size_t exact_usable(const void *block) {
    return hak_max(hak_pages_for(own_span(block)->request_bytes), 1) << HAK_PAGE_SHIFT;
}
