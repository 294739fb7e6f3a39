/*
 * test_plan.c - the replayer's plan, pace and order: slots, crossings, epochs, no deadlock.
 */
#include "cmocka_all.h"

#include "replayer/order.h"
#include "replayer/pace.h"
#include "replayer/plan.h"

#include <pthread.h>
#include <stdatomic.h>

static plan_t plan_of(trace_event_t *events, uint64_t count) {
    trace_t trace = {.events = events, .event_count = count};
    trace_error_t error = {.text = ""};
    plan_t plan;
    if (!trace_count(&trace, &error))
        fail_msg("%s", error.text);
    plan_make(&trace, (plan_options_t){.epoch_events = PLAN_EPOCH_EVENTS}, &plan);
    return plan;
}

#define PLAN_OF(events) plan_of(events, sizeof(events) / sizeof(events)[0])

/* Operation `number` of a thread, which is a long one; what is none is not counted. */
static const plan_long_t *long_of(const plan_t *plan, uint32_t thread, unsigned number) {
    const plan_long_t *next_long = plan->threads[thread].longs;
    for (const plan_item_t *item = plan->threads[thread].items; item->kind != PLAN_END; item++) {
        if (item->kind <= PLAN_LONG && number-- == 0) {
            assert_int_equal(item->kind, PLAN_LONG);
            return next_long;
        }
        next_long += item->kind == PLAN_LONG;
    }
    fail_msg("thread %u has no operation %u", thread, number);
    return NULL;
}

static void one_thread_has_no_epochs_and_reuses_slots(void **state) {
    (void)state;
    trace_event_t events[] = {
        {.op = TRACE_THREAD_START},
        {.op = TRACE_MALLOC, .block = 0, .bytes = 10},
        {.op = TRACE_MALLOC, .block = 1, .bytes = 20},
        {.op = TRACE_FREE, .block = 0},
        {.op = TRACE_CALLOC, .block = 2, .bytes = 30},
        {.op = TRACE_REALLOC, .block = 2, .bytes = 40},
        {.op = TRACE_ALIGNED, .block = 3, .bytes = 50, .align_shift = 12},
    };
    plan_t plan = PLAN_OF(events);
    const plan_thread_t *thread = &plan.threads[0];
    assert_int_equal(thread->ops, 6);
    assert_int_equal(thread->item_count, 7);
    assert_true(thread->item_room >= 7 + PLAN_FETCHED);
    assert_int_equal(thread->slot_count, 3);
    assert_int_equal(plan.shared_slot_count, 0);
    const plan_item_t *items = thread->items;
    assert_int_equal(items[0].kind, PLAN_MALLOC);
    assert_int_equal(items[1].bytes, 20);
    assert_int_equal(items[2].kind, PLAN_FREE);
    assert_int_equal(items[2].bytes, 10);
    assert_int_equal(items[2].slot, items[0].slot);
    assert_int_equal(items[3].kind, PLAN_CALLOC);
    assert_int_equal(items[3].slot, items[2].slot);
    assert_int_equal(items[4].kind, PLAN_LONG);
    assert_int_equal(items[5].kind, PLAN_ALIGNED);
    assert_int_equal(items[5].aligned_bytes, 50);
    assert_int_equal(items[5].align_shift, 12);
    assert_int_equal(items[6].kind, PLAN_END);
    assert_int_equal(thread->long_count, 1);
    assert_int_equal(thread->longs[0].kind, PLAN_REALLOC);
    assert_int_equal(thread->longs[0].from, items[3].slot);
    assert_int_equal(thread->longs[0].bytes, 40);
    assert_int_equal(thread->longs[0].old_bytes, 30);
    assert_int_equal(thread->leftover_count, 3);
    assert_int_equal(plan.leftover_bytes, 20 + 40 + 50);
}

static void a_version_that_crosses_is_shared(void **state) {
    (void)state;
    trace_event_t events[] = {
        {.op = TRACE_THREAD_START},
        {.op = TRACE_THREAD_START, .thread = 1},
        {.op = TRACE_MALLOC, .block = 0, .bytes = 10},
        {.op = TRACE_REALLOC, .block = 0, .bytes = 20, .thread = 1},
        {.op = TRACE_REALLOC, .block = 0, .bytes = 30, .thread = 1},
        {.op = TRACE_FREE, .block = 0},
    };
    plan_t plan = PLAN_OF(events);
    const plan_long_t *made = long_of(&plan, 0, 0), *freed = long_of(&plan, 0, 1);
    const plan_long_t *taken = long_of(&plan, 1, 0), *given = long_of(&plan, 1, 1);
    assert_int_equal(plan.threads[0].items[0].kind, PLAN_EPOCH);
    assert_true(made->to_is_shared);
    assert_true(taken->from_is_shared);
    assert_int_equal(taken->from, made->to);
    assert_false(taken->to_is_shared);
    assert_false(given->from_is_shared);
    assert_true(given->to_is_shared);
    assert_true(freed->from_is_shared);
    assert_int_equal(freed->from, given->to);
    assert_int_equal(plan.shared_slot_count, 2);
    assert_int_equal(plan.leftover_bytes, 0);
    assert_int_equal(plan.epoch_threads[0], 2);
}

static void numbers_that_fit_no_short_item_are_kept(void **state) {
    (void)state;
    trace_event_t events[] = {
        {.op = TRACE_THREAD_START},
        {.op = TRACE_MALLOC, .block = 0, .bytes = UINT64_C(5) << 30},
        {.op = TRACE_MALLOC, .block = 1, .bytes = UINT32_MAX},
        {.op = TRACE_FREE, .block = 0},
        {.op = TRACE_ALIGNED, .block = 2, .bytes = PLAN_ALIGNED_BYTES_MAX, .align_shift = 6},
    };
    plan_t plan = PLAN_OF(events);
    const plan_thread_t *thread = &plan.threads[0];
    assert_int_equal(thread->long_count, 3);
    assert_int_equal(thread->longs[0].kind, PLAN_MALLOC);
    assert_true(thread->longs[0].bytes == UINT64_C(5) << 30);
    assert_int_equal(thread->items[1].kind, PLAN_MALLOC);
    assert_true(thread->items[1].bytes == UINT32_MAX);
    assert_int_equal(thread->longs[1].kind, PLAN_FREE);
    assert_true(thread->longs[1].bytes == UINT64_C(5) << 30);
    assert_int_equal(thread->longs[2].kind, PLAN_ALIGNED);
    assert_int_equal(thread->longs[2].bytes, PLAN_ALIGNED_BYTES_MAX);
    assert_int_equal(thread->longs[2].align_shift, 6);
}

/* Two threads, each a megabyte a block: three marks, and the walk finds what stood between. */
static void order_is_read_from_the_marks(void **state) {
    (void)state;
    trace_event_t events[] = {
        {.op = TRACE_THREAD_START},
        {.op = TRACE_THREAD_START, .thread = 1},
        {.op = TRACE_MALLOC, .block = 0, .bytes = 1 << 20},
        {.op = TRACE_FREE, .block = 0},
        {.op = TRACE_MALLOC, .block = 1, .bytes = 1 << 20, .thread = 1},
    };
    plan_t plan = PLAN_OF(events);
    order_t order;
    uint64_t first[] = {10, 20}, second[] = {30}, *ticks[] = {first, second};
    assert_int_equal(plan.threads[0].mark_count, 2);
    assert_int_equal(plan.threads[1].mark_count, 1);
    order_read(&plan, ticks, &order);
    assert_int_equal(order.behind_max, 0);
    assert_int_equal(order.peak_live_bytes, 1 << 20);
    assert_int_equal(order.live_error_max, 0);
    assert_int_equal(order.bound, 2 * PLAN_EPOCH_EVENTS);
    /* The other thread's block comes before the free: both are alive at once, one too many. */
    second[0] = 15;
    order_read(&plan, ticks, &order);
    assert_int_equal(order.behind_max, 1);
    assert_int_equal(order.peak_live_bytes, 2 << 20);
    assert_int_equal(order.live_error_max, 2 << 20);
}

static void waits_stand_where_time_passed(void **state) {
    (void)state;
    trace_event_t events[] = {
        {.op = TRACE_THREAD_START},
        {.op = TRACE_MALLOC, .block = 0, .bytes = 1},
        {.op = TRACE_MALLOC, .block = 1, .bytes = 1},
        {.op = TRACE_MALLOC, .block = 2, .bytes = 1},
    };
    uint64_t times[] = {5, 5, 6, 1005};
    trace_t trace = {.events = events, .event_count = 4, .times = times, .time_unit_ns = 1000};
    trace_error_t error = {.text = ""};
    plan_t plan;
    assert_true(trace_count(&trace, &error));
    plan_make(&trace, (plan_options_t){.epoch_events = 2, .timed = true}, &plan);
    const plan_item_t *items = plan.threads[0].items;
    assert_int_equal(plan.threads[0].item_count, 5); /* with the end */
    assert_int_equal(items[2].kind, PLAN_WAIT);
    assert_int_equal(items[2].ns, 1000000);
    assert_int_equal(items[3].kind, PLAN_MALLOC);
}

/* Four threads go through 3,000 epochs, each taking part in some; none may be in epoch E while
 * another has not left E - 2. */
enum { THREADS = 4, EPOCHS = 3000 };
static pace_t pace;
static _Atomic uint32_t left_before[THREADS]; /* the thread is done with all epochs before this */
static atomic_uint violations;

static int takes_part(unsigned thread, uint32_t epoch) {
    return thread == 0 ? epoch % 100 == 99 : thread == 3 ? epoch > 2990 : (epoch + thread) % 3 != 0;
}

static uint32_t next_epoch(unsigned thread, uint32_t from) {
    while (from < EPOCHS && !takes_part(thread, from))
        from++;
    return from;
}

static void *walk(void *argument) {
    unsigned own = (unsigned)(uintptr_t)argument;
    for (uint32_t epoch = next_epoch(own, 0); epoch < EPOCHS;) {
        pace_enter(&pace, epoch);
        for (unsigned t = 0; t < THREADS; t++)
            violations += atomic_load(&left_before[t]) + 1 < epoch;
        uint32_t next = next_epoch(own, epoch + 1);
        atomic_store(&left_before[own], next);
        pace_leave(&pace, epoch);
        epoch = next;
    }
    return NULL;
}

static void threads_stay_within_two_epochs(void **state) {
    (void)state;
    static uint32_t epoch_threads[EPOCHS];
    for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
        for (unsigned t = 0; t < THREADS; t++)
            epoch_threads[epoch] += (uint32_t)takes_part(t, epoch);
    }
    pace_open(&pace, epoch_threads, EPOCHS);
    for (unsigned round = 0; round < 20; round++) {
        pthread_t ids[THREADS];
        pace_reset(&pace);
        for (unsigned t = 0; t < THREADS; t++)
            atomic_store(&left_before[t], next_epoch(t, 0));
        for (uintptr_t t = 0; t < THREADS; t++)
            assert_int_equal(pthread_create(&ids[t], NULL, walk, (void *)t), 0);
        for (unsigned t = 0; t < THREADS; t++)
            pthread_join(ids[t], NULL);
    }
    assert_int_equal(violations, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thread_has_no_epochs_and_reuses_slots),
        cmocka_unit_test(a_version_that_crosses_is_shared),
        cmocka_unit_test(numbers_that_fit_no_short_item_are_kept),
        cmocka_unit_test(order_is_read_from_the_marks),
        cmocka_unit_test(waits_stand_where_time_passed),
        cmocka_unit_test(threads_stay_within_two_epochs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
