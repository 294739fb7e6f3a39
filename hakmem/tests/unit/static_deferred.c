/*
 * static_deferred.c - a span that waits to be merged: it is free and dirty by all figures, no block
 * begins there, the next request that takes it whole has it, and whoever needs more, or gives
 * memory back, finds it among the others.
 *
 * White box: linked with objects.a, and alone with it: nothing here calls malloc meanwhile.
 */
#include "box/front_gate_classifier.h"
#include "span/deferred.h"
#include "span/span_heap.h"
#include "test.h"

enum { CLASS = 70, OTHER = 71, UNITS = 40 };

static size_t used_at_start; /* by the slab that the first malloc made */

static hak_span_t *take(size_t units, unsigned class_id) {
    hak_span_request_t request = {
        .pages = units * span_unit_pages(), .align_pages = 1, .class_id = class_id};
    hak_map_failure_t failure;
    hak_span_t *span = heap_alloc(&request, &failure);
    CHECK(span != NULL && span->pages == request.pages);
    return span;
}

static hak_span_t *reuse(size_t units) {
    hak_span_request_t request = {
        .pages = units * span_unit_pages(), .align_pages = 1, .class_id = OTHER};
    return heap_reuse(&request);
}

static hak_heap_figures_t figures(void) {
    hak_heap_figures_t heap;
    heap_read(&heap);
    CHECK_EQ(heap.used_bytes, heap_used_hint());
    CHECK_EQ(heap.dirty_bytes, heap_free_hint(SPAN_DIRTY));
    return heap;
}

static uint64_t word_that_waits(void) {
    uint64_t word = 0;
    for (size_t slot = 0; slot < DEFERRED_SLOTS && word == 0; slot++) {
        word = deferred_look(deferred_place(), slot);
    }
    return word;
}

static hak_span_t *take_waiting(unsigned class_id) {
    uint64_t word = word_that_waits();
    return word == 0 ? NULL : deferred_take(deferred_place(), word, class_id);
}

static bool waits(void) {
    bool is_there = word_that_waits() != 0;
    CHECK_EQ(is_there, deferred_pages() != 0);
    return is_there;
}

/* Three neighbours with a fourth in use behind them; the middle one waits. */
static hak_span_t *parts[4];
static void make_one_wait(void) {
    for (int i = 0; i < 4; i++) {
        parts[i] = take(UNITS, CLASS);
    }
    heap_free(parts[0]);
    heap_free(parts[2]);
    heap_free_last(parts[1]);
    CHECK(waits());
}

static void end(void) {
    heap_free(parts[3]);
    heap_purge_to(0);
    CHECK_EQ(heap_used_hint(), used_at_start);
    CHECK(!waits());
}

static void check_counts_as_dirty(void) {
    hak_heap_figures_t before = figures(), after;
    make_one_wait();
    after = figures();
    CHECK_EQ(after.used_bytes - before.used_bytes, UNITS * os_page_bytes);
    CHECK_EQ(after.dirty_bytes - before.dirty_bytes, 3 * UNITS * os_page_bytes);
    CHECK(heap_has_dirty(UNITS * span_unit_pages()));
    void *block = (void *)parts[1]->base;
    CHECK_EQ(classify_class(block), HAK_CLASS_NONE);
    CHECK(span_of_block(block) == NULL);
    CHECK(take_waiting(OTHER) == parts[1]);
    CHECK_EQ(classify_class(block), OTHER);
    CHECK(span_of_block(block) == parts[1]);
    CHECK(parts[1]->class_id == OTHER && !parts[1]->fresh && !waits());
    CHECK_EQ(figures().used_bytes - before.used_bytes, 2 * UNITS * os_page_bytes);
    CHECK(take_waiting(OTHER) == NULL);
    heap_free_last(parts[1]);
    CHECK(waits());
    end();
}

/* A second one takes the place, and the first is merged. */
static void check_only_the_last(void) {
    make_one_wait();
    heap_free_last(parts[3]);
    CHECK(waits());
    hak_span_t *whole = reuse(3 * UNITS);
    CHECK(whole != NULL && !waits()); /* what waited did not serve, and is behind that now */
    CHECK_EQ(whole->pages, 3 * UNITS * span_unit_pages());
    heap_free(whole);
    heap_purge_to(0);
    CHECK_EQ(heap_used_hint(), used_at_start);
}

/* Whatever needs more, or gives back: the three are one. */
static void check_is_found(void) {
    make_one_wait();
    hak_span_t *whole = take(3 * UNITS, CLASS);
    CHECK(!waits() && !whole->fresh);
    heap_free(whole);
    end();

    make_one_wait();
    CHECK_EQ(heap_purge_to(0), 3 * UNITS * os_page_bytes);
    end();

    make_one_wait();
    heap_free_last(take(1, CLASS)); /* another one waits now */
    CHECK_EQ(heap_dirty_below(4 * UNITS * span_unit_pages(), 1), 0);
    CHECK(!waits());
    end();

    make_one_wait();
    heap_purge_idle(1);
    CHECK(!waits());
    end();

    for (int i = 0; i < 4; i++) {
        parts[i] = take(UNITS, CLASS);
    }
    heap_free_last(parts[2]);
    CHECK(heap_resize(parts[1], 2 * UNITS * span_unit_pages())); /* into what waited */
    CHECK(!waits());
    heap_free(parts[0]);
    heap_free(parts[1]);
    end();
}

/* Short spans wait in all slots but the first, the longer ones there, each instead of another; the
 * shortest that is long enough is found. */
static void check_slots(void) {
    enum { SHORT = DEFERRED_SLOTS - 1 };
    hak_span_t *spans[SHORT + 3];
    size_t unit = span_unit_pages(), most = DEFERRED_SHORT_PAGES / unit, long_units = most + 1;
    size_t waiting = 0;
    for (size_t i = 0; i < SHORT + 3; i++) {
        spans[i] = take(i <= SHORT ? 1 + i % most : long_units, CLASS);
        hak_span_t *fence = take(1, OTHER);
        CHECK(fence != NULL);
    }
    size_t filed = deferred_blocks(CLASS);
    for (size_t i = 0; i < SHORT; i++) {
        waiting += spans[i]->pages;
        heap_free_last(spans[i]);
        CHECK_EQ(deferred_pages(), waiting);
    }
    heap_free_last(spans[SHORT]); /* instead of one of them */
    CHECK(deferred_pages() <= waiting + most * unit && word_that_waits() != 0);
    CHECK_EQ(deferred_look(deferred_place(), 0), 0);
    waiting = deferred_pages();
    heap_free_last(spans[SHORT + 1]);
    CHECK_EQ(deferred_pages(), waiting + long_units * unit);
    heap_free_last(spans[SHORT + 2]);
    CHECK_EQ(deferred_pages(), waiting + long_units * unit);
    CHECK_EQ(deferred_blocks(CLASS), filed + SHORT + 3);
    const hak_place_t *place = deferred_place();
    for (size_t pages = unit; pages <= long_units * unit; pages += unit) {
        size_t best = SIZE_MAX;
        for (size_t slot = 0; slot < DEFERRED_SLOTS; slot++) {
            size_t length = deferred_length(deferred_look(place, slot));
            best = length >= pages && length < best ? length : best;
        }
        CHECK_EQ(deferred_length(deferred_best(place, pages)), best);
    }
    waiting = deferred_pages() - long_units * unit;
    CHECK(deferred_empty(place, 0, 1) == DEFERRED_SLOTS);
    hak_span_t *taken = reuse(1); /* the long one is filed, and a short one for the next to wait */
    CHECK(taken != NULL && deferred_look(place, 0) == 0);
    CHECK(deferred_empty(place, 0, 1) < DEFERRED_SLOTS);
    CHECK(deferred_pages() < waiting && deferred_pages() + most * unit >= waiting);
    waiting = deferred_pages();
    hak_span_t *second = reuse(1);
    CHECK(second != NULL && deferred_pages() == waiting); /* there is a slot */
    heap_free(second);
    heap_free(taken);
    heap_purge_to(0);
    CHECK(!waits());
    CHECK(deferred_length(deferred_best(place, 1)) == 0);
    CHECK(deferred_length(deferred_best(&hak_no_place, 1)) == 0);
    /* where the last one was taken from, if that is empty, and serves such spans */
    CHECK_EQ(deferred_empty(place, 5, 1), 5);
    CHECK_EQ(deferred_empty(place, 0, 1), 1);
    CHECK_EQ(deferred_empty(place, 5, long_units * unit), 0);
    CHECK_EQ(deferred_empty(&hak_no_place, 5, 1), DEFERRED_SLOTS);
    CHECK_EQ(deferred_empty(&hak_no_place, 0, long_units * unit), DEFERRED_SLOTS);
}

int main(void) {
    free(malloc(1));
    heap_purge_to(0);
    used_at_start = heap_used_hint();
    check_counts_as_dirty();
    check_only_the_last();
    check_is_found();
    check_slots();
    return 0;
}
