/*
 * test_plan.c - the replayer's plan and pace: slots, crossings, epochs, no deadlock.
 */
#include "cmocka_all.h"

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
    plan_make(&trace, &plan);
    return plan;
}

#define PLAN_OF(events) plan_of(events, sizeof(events) / sizeof(events)[0])

static void one_thread_has_no_epochs_and_reuses_slots(void **state) {
    (void)state;
    trace_event_t events[] = {
        {.op = TRACE_THREAD_START},
        {.op = TRACE_MALLOC, .block = 0, .bytes = 10},
        {.op = TRACE_MALLOC, .block = 1, .bytes = 20},
        {.op = TRACE_FREE, .block = 0},
        {.op = TRACE_CALLOC, .block = 2, .bytes = 30},
        {.op = TRACE_REALLOC, .block = 2, .bytes = 40},
    };
    plan_t plan = PLAN_OF(events);
    const plan_thread_t *thread = &plan.threads[0];
    assert_int_equal(thread->ops, 5);
    assert_int_equal(thread->item_count, 6); /* realloc has a wide item */
    assert_int_equal(thread->slot_count, 2);
    assert_int_equal(plan.shared_slot_count, 0);
    assert_int_equal(thread->items[2].op.kind, PLAN_FREE);
    assert_int_equal(thread->items[2].op.bytes, 10);
    assert_int_equal(thread->items[3].op.to, thread->items[2].op.from);
    assert_int_equal(thread->items[4].op.from, thread->items[3].op.to);
    assert_int_equal(thread->items[5].wide.bytes, 40);
    assert_int_equal(thread->items[5].wide.old_bytes, 30);
    assert_int_equal(thread->leftover_count, 2);
    assert_int_equal(plan.leftover_bytes, 20 + 40);
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
    const plan_item_t *first = plan.threads[0].items, *second = plan.threads[1].items;
    assert_int_equal(first[0].op.kind, PLAN_EPOCH);
    assert_true(first[1].op.to_is_shared);
    assert_true(second[1].op.from_is_shared);
    assert_int_equal(second[1].op.from, first[1].op.to);
    assert_false(second[1].op.to_is_shared);
    assert_false(second[3].op.from_is_shared);
    assert_true(second[3].op.to_is_shared);
    assert_true(first[2].op.from_is_shared);
    assert_int_equal(first[2].op.from, second[3].op.to);
    assert_int_equal(plan.shared_slot_count, 2);
    assert_int_equal(plan.leftover_bytes, 0);
    assert_int_equal(plan.epoch_threads[0], 2);
}

static void sizes_beyond_four_gigabytes_are_kept(void **state) {
    (void)state;
    trace_event_t events[] = {
        {.op = TRACE_THREAD_START},
        {.op = TRACE_MALLOC, .block = 0, .bytes = UINT64_C(5) << 30},
        {.op = TRACE_MALLOC, .block = 1, .bytes = UINT32_MAX},
        {.op = TRACE_FREE, .block = 0},
    };
    plan_t plan = PLAN_OF(events);
    const plan_item_t *items = plan.threads[0].items;
    assert_int_equal(plan.threads[0].item_count, 6);
    assert_true(plan_is_wide(&items[0].op));
    assert_true(items[1].wide.bytes == UINT64_C(5) << 30);
    assert_true(items[3].wide.bytes == UINT32_MAX);
    assert_int_equal(items[4].op.kind, PLAN_FREE);
    assert_true(items[5].wide.bytes == UINT64_C(5) << 30);
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
        cmocka_unit_test(sizes_beyond_four_gigabytes_are_kept),
        cmocka_unit_test(threads_stay_within_two_epochs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
