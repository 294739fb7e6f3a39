/* expect.c - see expect.h. */
#include "expect.h"
#include "inject.h"
#include "test.h"

#include "../fuzz/calls.h"
#include "hakmem.h"
#include "hakmem_tiers.h"
#include "slab/slab.h"

static unsigned refused;  /* steps of the request at work */
static bool only_tries;   /* in tier_try */
static uint64_t mapfails; /* expected so far */

uint64_t expect_mapfails(void) {
    return mapfails;
}

hak_span_t *__real_heap_alloc(const hak_span_request_t *request, hak_map_failure_t *failure);
hak_span_t *__wrap_heap_alloc(const hak_span_request_t *request, hak_map_failure_t *failure);
bool __real_slab_add(unsigned class_id, hak_span_t *span);
bool __wrap_slab_add(unsigned class_id, hak_span_t *span);
void *__real_tier_try(unsigned class_id, size_t bytes);
void *__wrap_tier_try(unsigned class_id, size_t bytes);
taken_t __real_calls_take(unsigned how, size_t bytes, unsigned shift);
taken_t __wrap_calls_take(unsigned how, size_t bytes, unsigned shift);
void *__real_calls_resize(unsigned how, void *block, size_t bytes);
void *__wrap_calls_resize(unsigned how, void *block, size_t bytes);

hak_span_t *__wrap_heap_alloc(const hak_span_request_t *request, hak_map_failure_t *failure) {
    hak_span_t *span = __real_heap_alloc(request, failure);
    bool is_wish = only_tries || (request->room_pages > 0 && request->class_id != HAK_CLASS_BIG);
    if (span == NULL && !is_wish) {
        refused++;
        inject_give_up();
    }
    return span;
}

bool __wrap_slab_add(unsigned class_id, hak_span_t *span) {
    bool added = __real_slab_add(class_id, span);
    refused += !added && !only_tries;
    return added;
}

void *__wrap_tier_try(unsigned class_id, size_t bytes) {
    only_tries = true;
    void *block = __real_tier_try(class_id, bytes);
    only_tries = false;
    return block;
}

static uint64_t counted(void) {
    hak_ace_totals_t totals;
    hak_ace_totals(&totals);
    return totals.mapfail;
}

static void begin(void) {
    CHECK_EQ(counted(), mapfails);
    refused = 0;
    inject_take_report();
}

static void end(bool served, bool is_resize) {
    inject_report_t report = inject_take_report();
    unsigned expected = refused > 0;
    mapfails += expected;
    CHECK_EQ(counted(), mapfails);
    CHECK(served || expected == 1);
    if (report.mmaps + report.mprotects == 0) {
        CHECK_EQ(expected, 0);
    } else if (report.once && report.mprotects == 1 && !report.of_metadata && !is_resize) {
        CHECK_EQ(expected, report.lost);
        CHECK(served);
    }
}

taken_t __wrap_calls_take(unsigned how, size_t bytes, unsigned shift) {
    begin();
    taken_t taken = __real_calls_take(how, bytes, shift);
    end(taken.block != NULL, false);
    return taken;
}

void *__wrap_calls_resize(unsigned how, void *block, size_t bytes) {
    begin();
    void *resized = __real_calls_resize(how, block, bytes);
    end(resized != NULL || bytes == 0, true);
    return resized;
}
