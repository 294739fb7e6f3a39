/*
 * static_demand_cost.c - what the rules by which memory goes back cost, against somebody who knows
 * the future.
 *
 * A page that lies idle for HAKMEM_PURGE_DELAY_MS costs as much as one that is faulted in: that is
 * the price. The future's best for memory that falls idle and is taken again after a while is the
 * lesser of the two; the newest is taken first. First touches cost both sides the same. Levels come
 * from walks of any scale and pace, from phases, and from gaps that are made to hurt: just longer
 * than the rules wait.
 *
 * The rule of time gives back what was idle for between one interval and a sixteenth more, so it
 * costs little more than twice the best at the most. The bounds below are as little more than what
 * comes out.
 *
 * White box: linked with objects.a. By a clock of the test's own.
 */
#include "base/least.h"
#include "cache/demand.h"
#include "test.h"

enum { INTERVAL = 250, PART = INTERVAL / LEAST_PARTS + 1, STEPS = 4000, WALKS = 60 };

static hak_demand_t demand;
static bool is_watched;
static hak_levels_t now;
static uint64_t now_ms, next_tick_ms;
static hak_least_t least_idle;
static struct {
    size_t bytes;
    uint64_t since_ms;
} idle[STEPS + 2]; /* what the program let go of, the newest last: for the one who knows */
static int idle_count;
static double cost, best_cost; /* byte milliseconds */

static void begin(void) {
    demand = (hak_demand_t){.is_watched = is_watched};
    now = (hak_levels_t){0};
    now_ms = next_tick_ms = 1000;
    least_idle = (hak_least_t){.grown = 0};
    idle_count = 0;
    cost = best_cost = 0;
}

static void give_back(size_t bytes) {
    now.idle -= bytes;
    now.clean += bytes;
    least_note(&least_idle, now.idle);
}

/* The rule of need at each look, and that of time, which takes what was idle for a whole interval,
 * as heap_purge_idle does. */
static void look(void) {
    size_t due = demand_look(&demand, &now, now_ms, INTERVAL, false);
    give_back(due);
    demand_note_given_back(&demand, due);
    if (now_ms >= next_tick_ms) {
        give_back(least_due(&least_idle, now.idle, 1));
        next_tick_ms += PART;
    }
}

static void pass(uint64_t ms) {
    enum { LOOK_MS = 5 };
    while (ms > 0) {
        uint64_t step = ms < LOOK_MS ? ms : LOOK_MS;
        cost += (double)now.idle * (double)step;
        now_ms += step;
        ms -= step;
        look();
    }
}

static void let_go(size_t bytes) {
    now.used -= bytes;
    now.idle += bytes;
    CHECK(idle_count < STEPS);
    idle[idle_count].bytes = bytes;
    idle[idle_count++].since_ms = now_ms;
    look();
}

static void take(size_t bytes) {
    size_t warm = bytes < now.idle ? bytes : now.idle, cold = bytes - warm;
    cost += (double)cold * INTERVAL;
    now.used += bytes;
    now.idle -= warm;
    now.clean -= cold < now.clean ? cold : now.clean;
    least_note(&least_idle, now.idle);
    for (; bytes > 0 && idle_count > 0; idle_count -= idle[idle_count - 1].bytes == 0) {
        size_t part = bytes < idle[idle_count - 1].bytes ? bytes : idle[idle_count - 1].bytes;
        uint64_t gap = now_ms - idle[idle_count - 1].since_ms;
        best_cost += (double)part * (double)(gap < INTERVAL ? gap : INTERVAL);
        idle[idle_count - 1].bytes -= part;
        bytes -= part;
    }
    best_cost += (double)bytes * INTERVAL;
    look();
}

/* The program goes on calling, and takes nothing any more. */
static double ratio_at_end(void) {
    pass(6 * INTERVAL);
    CHECK_EQ(now.idle, 0);
    return cost / best_cost;
}

static double walk(uint64_t seed) {
    begin();
    size_t scale = (4 * MIB) << test_random(&seed) % 7;
    uint64_t pace_ms = 1 + test_random(&seed) % 400;
    take(scale);
    for (int i = 0; i < STEPS / 2; i++) {
        size_t bytes = test_random(&seed) % (scale / 4);
        if (test_random(&seed) % 2 == 0 && now.used < 4 * scale) {
            take(bytes);
        } else {
            let_go(bytes < now.used ? bytes : now.used);
        }
        pass(test_random(&seed) % (2 * pace_ms));
    }
    return ratio_at_end();
}

/* `swing` of `used` bytes is let go of, and taken again after the gap. */
static double swings(size_t used, size_t swing, uint64_t gap_ms, uint64_t busy_ms) {
    begin();
    take(used);
    for (int i = 0; i < 100; i++) {
        pass(busy_ms);
        let_go(swing);
        pass(gap_ms);
        take(swing);
    }
    return ratio_at_end();
}

static double larger(double a, double b) {
    return a > b ? a : b;
}

static void compare(void) {
    double walks = 0, worst = 0;
    for (uint64_t seed = 1; seed <= WALKS; seed++) {
        walks = larger(walks, walk(seed));
    }
    for (size_t used = 8 * MIB; used <= GIB; used *= 4) {
        for (uint64_t gap_ms = 5; gap_ms <= 2000; gap_ms += 1 + gap_ms / 8) {
            worst = larger(worst, swings(used, used / 2, gap_ms, 50));
            worst = larger(worst, swings(used, used - MIB, gap_ms, 300));
            worst = larger(worst, swings(used, used / 16, gap_ms, 1));
        }
    }
    CHECK_MSG(walks <= 2.0, "watched %d: %.3f times the best on walks", is_watched, walks);
    CHECK_MSG(worst <= 2.1, "watched %d: %.3f times the best", is_watched, worst);
}

int main(void) {
    compare();
    is_watched = true;
    compare();
    return 0;
}
