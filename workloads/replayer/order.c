/*
 * order.c - see order.h. All passings in the order of their times, and one walk along them.
 */
#include "replayer/order.h"

#include "common/arena.h"

#include <stdlib.h>

typedef struct passing {
    uint64_t ticks;
    uint32_t thread, mark;
} passing_t;

static int by_ticks(const void *a, const void *b) {
    const passing_t *x = a, *y = b;
    if (x->ticks != y->ticks)
        return x->ticks < y->ticks ? -1 : 1;
    return (x->mark > y->mark) - (x->mark < y->mark);
}

static int by_value(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static uint64_t collect(const plan_t *plan, uint64_t *const *ticks, passing_t *list) {
    uint64_t count = 0;
    for (uint32_t t = 0; t < plan->thread_count; t++) {
        for (uint64_t m = 0; m < plan->threads[t].mark_count; m++)
            list[count++] = (passing_t){.ticks = ticks[t][m], .thread = t, .mark = (uint32_t)m};
    }
    /* Few counts are equal; threads of equal ones stand in any order. */
    qsort(list, count, sizeof *list, by_ticks);
    return count;
}

/* Where all threads stand together. */
typedef struct walk {
    const plan_t *plan;
    const plan_mark_t **last; /* by thread: the mark that it passed last, NULL: none */
    int64_t live, done;
    uint64_t foremost; /* event */
} walk_t;

static void step(walk_t *walk, const passing_t *passing) {
    const plan_mark_t *mark = &walk->plan->threads[passing->thread].marks[passing->mark];
    const plan_mark_t *last = walk->last[passing->thread];
    walk->live += mark->live - (last == NULL ? 0 : last->live);
    walk->done += (int64_t)mark->done - (last == NULL ? 0 : (int64_t)last->done);
    walk->last[passing->thread] = mark;
}

static void compare(walk_t *walk, order_t *out, double *error_sum) {
    uint64_t live = walk->live < 0 ? 0 : (uint64_t)walk->live;
    uint64_t wanted = walk->done == 0 ? 0 : walk->plan->live[walk->done - 1];
    uint64_t error = live > wanted ? live - wanted : wanted - live;
    *error_sum += (double)error;
    out->live_error_max = error > out->live_error_max ? error : out->live_error_max;
    out->peak_live_bytes = live > out->peak_live_bytes ? live : out->peak_live_bytes;
}

static uint64_t behind_at(walk_t *walk, const passing_t *passing) {
    uint64_t event = walk->plan->threads[passing->thread].marks[passing->mark].event;
    uint64_t behind = walk->foremost > event ? walk->foremost - event : 0;
    walk->foremost = event > walk->foremost ? event : walk->foremost;
    return behind;
}

static void walk_along(const plan_t *plan, const passing_t *list, uint64_t count, order_t *out) {
    walk_t walk = {.plan = plan, .last = arena_alloc(plan->thread_count, sizeof(void *))};
    uint64_t *behind = arena_alloc(count, sizeof *behind);
    double error_sum = 0;
    for (uint64_t i = 0; i < count; i++) {
        step(&walk, &list[i]);
        compare(&walk, out, &error_sum);
        behind[i] = behind_at(&walk, &list[i]);
    }
    qsort(behind, count, sizeof *behind, by_value);
    out->behind_p50 = behind[count / 2];
    out->behind_p99 = behind[count - 1 - count / 100];
    out->behind_max = behind[count - 1];
    out->live_error_mean = (uint64_t)(error_sum / (double)count);
    arena_free(behind, count, sizeof *behind);
    arena_free(walk.last, plan->thread_count, sizeof(void *));
}

void order_read(const plan_t *plan, uint64_t *const *ticks, order_t *out) {
    uint64_t room = 0;
    for (uint32_t t = 0; t < plan->thread_count; t++)
        room += plan->threads[t].mark_count;
    /* An event of epoch E may come with one of E + 1. */
    *out = (order_t){.bound = 2 * (uint64_t)plan->options.epoch_events, .marks = room};
    if (room == 0)
        return;
    passing_t *list = arena_alloc(room, sizeof *list);
    walk_along(plan, list, collect(plan, ticks, list), out);
    arena_free(list, room, sizeof *list);
}
