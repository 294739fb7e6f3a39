/*
 * test_model.c - the model of cores, against what can be worked out by hand: which line comes from
 * where, what a lock lets through, how transfers queue, and that chance has no part in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "cores.h"

static const costs_t free_of_cost = {0};
static core_figures_t figures[CORES_MOST];
static int lock, other_lock;
static char lines[CORES_MOST][2 * LINE_BYTES] __attribute__((aligned(LINE_BYTES)));

static void lines_come_from_where_they_are(void **state) {
    (void)state;
    line_t *line = line_of(4096);
    assert_ptr_equal(line_of(4096 + LINE_BYTES - 1), line);
    assert_ptr_not_equal(line_of(4096 + LINE_BYTES), line);
    assert_int_equal(line_take(line, 0, false), LINE_NEW);
    assert_int_equal(line_take(line, 0, true), LINE_OWN);
    assert_int_equal(line_take(line, 200, false), LINE_TRANSFER); /* which 0 wrote */
    assert_int_equal(line_take(line, 0, false), LINE_OWN);
    assert_int_equal(line_take(line, 70, false), LINE_SHARED);
    assert_int_equal(line_take(line, 70, true), LINE_TRANSFER); /* 0 and 200 drop it */
    assert_int_equal(line_take(line, 70, true), LINE_OWN);
    assert_int_equal(line_source(line, 0, false), LINE_TRANSFER);
    assert_int_equal(line_take(line, 0, true), LINE_TRANSFER);
    lines_forget();
    assert_int_equal(line_take(line_of(4096), 1, true), LINE_NEW);
    lines_forget();
}

static double longest_ns(unsigned cores) {
    double longest = 0;
    for (unsigned i = 0; i < cores; i++) {
        longest = fmax(longest, figures[i].end_ns - figures[i].begin_ns);
    }
    return longest;
}

static void work_alone(unsigned core) {
    core_work(10 * core);
    core_begin_counting();
    for (int i = 0; i < 100; i++) {
        core_work(7);
        core_access((uintptr_t)lines[core], true, false, NULL);
        core_count_ops(1);
    }
}

static void who_shares_nothing_does_not_wait(void **state) {
    (void)state;
    const costs_t costs = {.access_ns = 3, .shared_ns = 20, .transfer_ns = 1000};
    cores_run(8, 1, &costs, work_alone, figures);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(figures[i].ops, 100);
        assert_int_equal(figures[i].accesses, 100);
        assert_int_equal(figures[i].transfers, 0);
        /* all begin when the last is there */
        assert_true(figures[i].begin_ns == 70);
        assert_true(figures[i].end_ns == 70 + 100 * (7 + 3) + 20);
    }
}

/* A tenth of the time under the lock, so that ten cores are all that it takes. */
static void work_under_lock(unsigned core) {
    (void)core;
    core_begin_counting();
    for (int i = 0; i < 100; i++) {
        core_work(900);
        core_lock(&lock, 3);
        core_work(100);
        core_unlock(&lock, 3);
    }
}

static void a_lock_lets_one_through_at_a_time(void **state) {
    (void)state;
    cores_run(1, 1, &free_of_cost, work_under_lock, figures);
    assert_true(longest_ns(1) == 100 * 1000);
    assert_int_equal(figures[0].locks[3].taken, 100);
    assert_int_equal(figures[0].locks[3].waited, 0);
    assert_true(figures[0].locks[3].held_ns == 100 * 100);
    /* They wait for each other once, and go on in turns. */
    cores_run(10, 1, &free_of_cost, work_under_lock, figures);
    assert_true(longest_ns(10) == 100 * 1000 + 900);
    /* 40 cores: the lock is never free, but for the first 900 ns. */
    cores_run(40, 1, &free_of_cost, work_under_lock, figures);
    assert_true(longest_ns(40) == 900 + 40 * 100 * 100);
    double waited_ns = 0;
    for (unsigned i = 0; i < 40; i++) {
        waited_ns += figures[i].locks[3].wait_ns;
        assert_int_equal(figures[i].locks[2].taken, 0);
    }
    assert_true(waited_ns > 40 * 100 * 2000.0);
}

/* Two locks, the second inside the first: nobody waits for ever, and each is held by one. */
static int inside;
static void work_under_two(unsigned core) {
    core_begin_counting();
    for (int i = 0; i < 50; i++) {
        core_work(10 + core);
        core_lock(&lock, 3);
        core_work(5);
        core_lock(&other_lock, 4);
        assert_int_equal(inside++, 0);
        core_turn();
        inside--;
        core_work(5);
        core_unlock(&other_lock, 4);
        core_unlock(&lock, 3);
        if (core_try_lock(&other_lock, 4)) {
            assert_int_equal(inside++, 0);
            core_work(1);
            core_turn();
            inside--;
            core_unlock(&other_lock, 4);
        }
    }
}

static void locks_nest(void **state) {
    (void)state;
    cores_run(12, 1, &free_of_cost, work_under_two, figures);
    assert_int_equal(figures[11].locks[3].taken, 50);
    assert_true(figures[11].locks[4].taken >= 50);
}

static void write_one_line(unsigned core) {
    (void)core;
    core_begin_counting();
    for (int i = 0; i < 10; i++) {
        core_work(100);
        core_turn();
        core_access((uintptr_t)lines[0], true, true, NULL);
    }
}

static void a_line_is_in_one_place(void **state) {
    (void)state;
    const costs_t costs = {.transfer_ns = 60};
    cores_run(16, 1, &costs, write_one_line, figures);
    double transfers = 0;
    for (unsigned i = 0; i < 16; i++) {
        transfers += (double)figures[i].transfers;
    }
    assert_true(transfers == 16 * 10 - 1); /* but the first */
    assert_true(longest_ns(16) == 100 + 60 * (16 * 10 - 1));
}

static void draw(unsigned core) {
    core_begin_counting();
    for (int i = 0; i < 200; i++) {
        core_work((double)(core_draw() % 50));
        core_access((uintptr_t)lines[core_draw() % 16], core_draw() % 2 == 0, false, NULL);
        core_touch(lines[core] + LINE_BYTES, true);
    }
}

static void chance_has_no_part(void **state) {
    (void)state;
    static core_figures_t before[CORES_MOST];
    const costs_t costs = {.access_ns = 1, .shared_ns = 20, .transfer_ns = 60};
    cores_run(16, 7, &costs, draw, before);
    cores_run(16, 7, &costs, draw, figures);
    assert_memory_equal(before, figures, 16 * sizeof(figures[0]));
    assert_true(figures[3].transfers > 50 && figures[3].block_transfers == 0);
    cores_run(16, 8, &costs, draw, figures);
    assert_memory_not_equal(before, figures, 16 * sizeof(figures[0]));
}

static _Thread_local int lived;
static void live_once(unsigned core) {
    assert_int_equal(lived++, 0); /* a thread of its own each time */
    assert_int_equal(core_id(), core);
    core_work(5);
    core_count_ops(1);
}

static void live_thrice(unsigned core) {
    (void)core;
    core_begin_counting();
    for (int i = 0; i < 3; i++) {
        core_life(live_once);
    }
}

static void threads_follow_each_other_on_a_core(void **state) {
    (void)state;
    cores_run(4, 1, &free_of_cost, live_thrice, figures);
    assert_int_equal(figures[2].ops, 3);
    assert_true(longest_ns(4) == 15);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_from_where_they_are),
        cmocka_unit_test(who_shares_nothing_does_not_wait),
        cmocka_unit_test(a_lock_lets_one_through_at_a_time),
        cmocka_unit_test(locks_nest),
        cmocka_unit_test(a_line_is_in_one_place),
        cmocka_unit_test(chance_has_no_part),
        cmocka_unit_test(threads_follow_each_other_on_a_core),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
