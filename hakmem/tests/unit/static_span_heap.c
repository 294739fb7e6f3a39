/*
 * static_span_heap.c - the span heap under random work against its own map of pages: every page is
 * of one span, free neighbours are merged, the map of classes says what is in use, clean memory
 * reads as zero, and what is idle goes back, oldest first.
 *
 * White box: linked with objects.a, and alone with it: nothing here calls malloc meanwhile.
 */
#include "base/least.h"
#include "span/meta.h"
#include "span/span_heap.h"
#include "span/span_store.h"
#include "test.h"

#include <string.h>

enum { MOST = 300, STEPS = 6000, CHECK_EACH = 40 };

static hak_span_t *used[MOST];
static size_t used_count, records_at_start;
static uint64_t state = 3;

static unsigned char *bytes_of(const hak_span_t *span) {
    return (unsigned char *)span->base;
}

static size_t page_of(const hak_span_t *span) {
    return window_page_of(span->window, span->base);
}

static void check_used(const hak_span_t *span) {
    const uint8_t *class_of = span->window->class_of + page_of(span);
    unsigned body = span->is_slab ? span->class_id : hak_class_body(span->class_id);
    CHECK_EQ(class_of[0], span->class_id);
    for (size_t i = 1; i < span->pages; i++) {
        CHECK_MSG(class_of[i] == body, "page %zu of %zu is %u, not %u", i, span->pages, class_of[i],
                  body);
    }
    CHECK(span_of(bytes_of(span)) == span);
    CHECK(!span->is_slab || span_of(bytes_of(span) + span->pages / 2 * HAK_PAGE_BYTES) == span);
}

static void check_free(const hak_span_t *span, const hak_span_t *before) {
    CHECK_MSG(before == NULL || before->state != span->state, "free neighbours of one kind");
    for (size_t i = 0; i < span->pages; i++) {
        CHECK_EQ(span->window->class_of[page_of(span) + i], HAK_CLASS_NONE);
        CHECK_MSG(span->state == SPAN_DIRTY || bytes_of(span)[i * HAK_PAGE_BYTES + 9] == 0,
                  "a clean span is not");
    }
}

static size_t in_units(size_t pages) {
    return hak_round_up(pages, span_unit_pages());
}

/* Every page of every window is in one span, and the figures are the sums. */
static void check_all(void) {
    size_t sums[SPAN_USED + 1] = {0};
    hak_window_t *window;
    for (unsigned i = 0; (window = window_at(i)) != NULL; i++) {
        const hak_span_t *before = NULL, *span;
        for (size_t page = 0; page < window->committed_pages; page += span->pages) {
            span = window->span_of[page];
            CHECK(span != NULL && span->window == window && page_of(span) == page);
            CHECK(span->pages > 0 && page + span->pages <= window->committed_pages);
            CHECK(window->span_of[page + span->pages - 1] == span);
            CHECK_MSG(span->state <= SPAN_USED, "state %u", span->state);
            sums[span->state] += span->pages * HAK_PAGE_BYTES;
            CHECK(span->base % os_page_bytes == 0 && in_units(span->pages) == span->pages);
            if (span->state == SPAN_USED) {
                check_used(span);
            } else {
                check_free(span, before);
            }
            before = span->state == SPAN_USED ? NULL : span;
        }
    }
    hak_heap_figures_t heap;
    heap_read(&heap);
    CHECK_EQ(heap.used_bytes, sums[SPAN_USED]);
    CHECK_EQ(heap.dirty_bytes, sums[SPAN_DIRTY]);
    CHECK_EQ(heap.clean_bytes, sums[SPAN_CLEAN]);
    CHECK_EQ(heap_used_hint(), sums[SPAN_USED]);
    CHECK_EQ(heap.used_bytes + heap.dirty_bytes + heap.clean_bytes, window_mapped_bytes());
}

/* Writes to each page, where check_free looks, too. */
static void soil(hak_span_t *span) {
    for (size_t i = 0; i < span->pages; i++) {
        bytes_of(span)[i * HAK_PAGE_BYTES + 9] = 0x5a;
    }
}

static hak_span_t *take(hak_span_request_t request) {
    hak_map_failure_t failure;
    hak_span_t *span = heap_alloc(&request, &failure);
    size_t pages = request.pages;
    CHECK_MSG(span != NULL, "%zu pages: %d", pages, failure.error);
    size_t most = hak_max(pages, hak_max(request.cut_pages, request.whole_pages));
    CHECK_MSG(span->pages >= pages && span->pages <= most, "%zu pages for %zu", span->pages, pages);
    CHECK_EQ(span->base % (request.align_pages * HAK_PAGE_BYTES), 0);
    for (size_t i = 0; span->fresh && i < span->pages; i++) {
        CHECK_MSG(bytes_of(span)[i * HAK_PAGE_BYTES + 9] == 0, "fresh, but not zero");
    }
    soil(span);
    return span;
}

/* As many of the system's pages. */
static hak_span_t *take_big(size_t units) {
    size_t pages = units * span_unit_pages();
    return take((hak_span_request_t){.pages = pages, .align_pages = 1, .class_id = HAK_CLASS_BIG});
}

static const uint8_t ids[] = {HAK_CLASS_BIG, HAK_CLASS_DIRECT, 70, 20}; /* the last: of slabs */

static hak_span_t *take_any(void) {
    size_t pages = in_units(1 + test_random(&state) % 60), kind = test_random(&state) % 4;
    return take(
        (hak_span_request_t){.pages = pages,
                             .align_pages = (size_t)1 << test_random(&state) % 5,
                             .class_id = ids[kind],
                             .is_slab = kind == 3,
                             .cut_pages = test_random(&state) % 3 ? 0 : in_units(pages + pages / 8),
                             .whole_pages = test_random(&state) % 3 ? 0 : pages + pages / 5});
}

static void resize(hak_span_t *span) {
    size_t before = span->pages, pages = in_units(1 + test_random(&state) % (2 * before + 2));
    if (span->is_slab) {
        return;
    }
    bool done = heap_resize(span, pages);
    CHECK_EQ(span->pages, done ? pages : before);
    CHECK(done || pages > before);
    CHECK_EQ(bytes_of(span)[(hak_min(before, span->pages) - 1) * HAK_PAGE_BYTES + 9], 0x5a);
    soil(span);
    heap_set_class(span, ids[test_random(&state) % 3]);
}

static void step(void) {
    size_t i = test_random(&state) % MOST;
    if (i >= used_count) {
        used[used_count++] = take_any();
    } else if (test_random(&state) % 4 == 0) {
        resize(used[i]);
    } else {
        heap_free(used[i]);
        used[i] = used[--used_count];
    }
}

/* Three spans, apart from each other, are freed in turn; half of that goes back. */
static void check_oldest_first(void) {
    hak_span_t *spans[6];
    for (int i = 0; i < 6; i++) {
        spans[i] = take_big(100);
    }
    heap_purge_to(0);
    static const int order[] = {2, 0, 4};
    uintptr_t bases[3];
    for (int i = 0; i < 3; i++) {
        bases[i] = spans[order[i]]->base;
        heap_free(spans[order[i]]);
    }
    CHECK(heap_has_dirty(100));
    CHECK_EQ(heap_purge_to(150 * os_page_bytes), 150 * os_page_bytes);
    check_all();
    CHECK(((char *)bases[0])[9] == 0 && ((char *)bases[2])[9] == 0x5a);
    CHECK(((char *)bases[1])[9] == 0 && ((char *)bases[1])[99 * os_page_bytes + 9] == 0x5a);
    for (int i = 1; i < 6; i += 2) {
        heap_free(spans[i]);
    }
}

/* What was dirty for the whole of the time between two calls goes back, and no more. */
static void check_idle(void) {
    hak_heap_figures_t before, after;
    hak_span_t *idle = take_big(200), *busy;
    heap_purge_to(0);
    heap_free(idle);
    heap_read(&before);
    heap_purge_idle(LEAST_PARTS); /* nothing was there all the time */
    heap_read(&after);
    CHECK_EQ(after.purged_bytes, before.purged_bytes);
    busy = take_big(50);
    heap_free(busy);
    heap_purge_idle(LEAST_PARTS); /* 150 pages were */
    heap_read(&after);
    CHECK_EQ(after.purged_bytes - before.purged_bytes,
             200 * os_page_bytes - busy->pages * HAK_PAGE_BYTES);
    heap_purge_idle(LEAST_PARTS);
    heap_read(&after);
    CHECK_EQ(after.dirty_bytes, 0);
    CHECK(!heap_has_dirty(1));
}

/* All is free, and merged: what records there were for more spans have gone back, but for a few. */
static void check_records(void) {
    size_t spans = 0, record = hak_round_up(sizeof(hak_span_t), 64);
    hak_window_t *window;
    for (unsigned i = 0; (window = window_at(i)) != NULL; i++) {
        for (size_t page = 0; page < window->committed_pages; spans++) {
            page += window->span_of[page]->pages;
        }
    }
    CHECK_MSG(hak_store.spares > 0 && hak_store.spares <= STORE_SPARES, "%u", hak_store.spares);
    CHECK_MSG(meta_used_bytes() <= records_at_start + (spans + STORE_SPARES) * record,
              "%zu bytes of records, then %zu for %zu spans", records_at_start, meta_used_bytes(),
              spans);
}

int main(void) {
    free(malloc(1));
    records_at_start = meta_used_bytes();
    for (int i = 0; i < STEPS; i++) {
        step();
        if (i % CHECK_EACH == 0) {
            check_all();
        }
        if (i % 500 == 0) {
            heap_purge_to(test_random(&state) % 64 * HAK_PAGE_BYTES);
            check_all();
        }
    }
    while (used_count > 0) {
        heap_free(used[--used_count]);
    }
    check_all();
    check_records();
    check_oldest_first();
    check_idle();
    check_all();
    return 0;
}
