/*
 * static_demand.c - what of idle memory is given back, by levels and a clock of the test's own:
 * nothing of what the program shows to need, all of what stays idle beyond that, and what was given
 * back too early costs no more than a hundredth of the time.
 *
 * White box: linked with objects.a.
 */
#include "cache/demand.h"
#include "test.h"

enum { INTERVAL = 250, WALKS = 40, STEPS = 20000, USUAL_FAULT_NS = 2400 };

static hak_demand_t demand;
static hak_levels_t now;
static uint64_t now_ms;
static size_t given_back;
static bool at_rest; /* at each look */
static bool is_watched;
static uint64_t fault_ns;
static struct { /* what was given back and not taken since, the newest last */
    size_t bytes;
    uint64_t ms;
} gone[STEPS + 2];
static int gone_count;

static void begin(void) {
    demand = (hak_demand_t){.fault_ns = fault_ns, .is_watched = is_watched};
    now = (hak_levels_t){0};
    now_ms = 1000;
    given_back = 0;
    gone_count = 0;
}

/* A look so much later; what it says is given back. Bytes. */
static size_t look(uint64_t later_ms) {
    now_ms += later_ms;
    size_t bytes = demand_look(&demand, &now, now_ms, INTERVAL, at_rest);
    CHECK_MSG(bytes <= now.idle, "%zu of %zu idle bytes", bytes, now.idle);
    now.idle -= bytes;
    now.clean += bytes;
    demand_note_given_back(&demand, bytes);
    given_back += bytes;
    if (bytes > 0) {
        gone[gone_count].bytes = bytes;
        gone[gone_count++].ms = now_ms;
    }
    return bytes;
}

/* The program takes memory: idle first, then what was given back, the newest first, then new. What
 * was given back less than an interval ago, and so too early. */
static size_t take(size_t bytes) {
    size_t too_early = 0, of_idle = bytes < now.idle ? bytes : now.idle;
    now.used += bytes;
    now.idle -= of_idle;
    for (bytes -= of_idle; bytes > 0 && gone_count > 0;) {
        size_t *newest = &gone[gone_count - 1].bytes;
        size_t part = bytes < *newest ? bytes : *newest;
        too_early += now_ms - gone[gone_count - 1].ms < INTERVAL ? part : 0;
        bytes -= part;
        now.clean -= part;
        *newest -= part;
        gone_count -= *newest == 0;
    }
    return too_early;
}

static void let_go(size_t bytes) {
    now.used -= bytes;
    now.idle += bytes;
}

static void growth_alone(void) {
    begin();
    for (int i = 0; i < 100; i++) {
        take(10 * MIB);
        CHECK_EQ(look(10), 0);
    }
}

/* A large heap at once, a small one an interval later, and neither when it was needed. */
static void lone_blocks(void) {
    begin();
    take(512 * MIB);
    look(0);
    let_go(512 * MIB);
    look(10);
    CHECK_MSG(now.idle <= 5 * MIB, "%zu bytes stay", now.idle);

    begin();
    take(64 * MIB);
    look(0);
    let_go(64 * MIB);
    CHECK_EQ(look(10), 0);
    CHECK_EQ(demand.due_ms, now_ms - 10 + INTERVAL);
    CHECK_EQ(look(INTERVAL - 11), 0);
    look(1);
    CHECK_MSG(now.idle <= 5 * MIB, "%zu bytes stay after an interval", now.idle);
    CHECK_EQ(demand.due_ms, 0);

    begin();
    take(64 * MIB);
    look(0);
    let_go(64 * MIB);
    CHECK_EQ(look(10), 0);
    take(64 * MIB);
    look(10);
    CHECK_MSG(demand.due_ms == 0, "due although it is in use");
    let_go(64 * MIB);
    look(10);
    CHECK_EQ(look(INTERVAL), 0); /* it was needed within two intervals */
    look(2 * INTERVAL);
    look(2 * INTERVAL);
    CHECK_MSG(now.idle <= 5 * MIB, "%zu bytes stay for ever", now.idle);
}

/* A large heap, or an old one, gets its interval, too, where somebody looks again. */
static void lone_blocks_watched(void) {
    is_watched = true;
    begin();
    take(512 * MIB);
    look(2 * INTERVAL);
    let_go(512 * MIB);
    CHECK_EQ(look(0), 0);
    CHECK_EQ(demand.due_ms, now_ms + INTERVAL);
    CHECK_EQ(look(INTERVAL - 1), 0);
    look(1);
    CHECK_MSG(now.idle <= 5 * MIB, "%zu bytes stay after an interval", now.idle);
    CHECK_EQ(demand.due_ms, 0);

    begin();
    take(512 * MIB);
    look(0);
    let_go(512 * MIB);
    look(10);
    take(512 * MIB);
    CHECK_EQ(look(INTERVAL - 20), 0);
    CHECK_MSG(demand.due_ms == 0, "due although it is in use");
    is_watched = false;
}

/* For so long nothing is given back that so much was too early. */
static uint64_t regret_ms(size_t bytes) {
    return bytes / 4096 * USUAL_FAULT_NS * 100 / 1000000;
}

/* At rest all goes, however young; but not what was needed again between two rests. */
static void rests(void) {
    begin();
    take(64 * MIB);
    look(0);
    let_go(48 * MIB);
    CHECK_EQ(look(10), 0);
    CHECK(demand.due_ms != 0);
    at_rest = true;
    CHECK_EQ(look(0), 48 * MIB);
    CHECK_EQ(demand.due_ms, 0);
    take(10 * MIB); /* too early: for so long even a rest gives nothing back */
    look(1);
    let_go(10 * MIB);
    CHECK_EQ(look(1), 0);
    CHECK_EQ(look(INTERVAL), 0); /* it was needed */
    look(2 * INTERVAL + regret_ms(10 * MIB));
    CHECK_EQ(now.idle, 0);
    at_rest = false;
}

/* What was given back is regretted once, and not again in the next interval. */
static void regrets_once(void) {
    begin();
    take(512 * MIB);
    look(0);
    let_go(256 * MIB);
    size_t gone_bytes = look(10);
    CHECK_MSG(gone_bytes > 200 * MIB, "%zu bytes given back", gone_bytes);
    now.clean += 300 * MIB; /* what was purged by time, which is nothing to regret */
    look(0);
    for (int i = 0; i < 2; i++) {
        uint64_t from_ms = i == 0 ? now_ms : demand.regret_to_ms;
        now.idle = 0;
        now.used += 300 * MIB;
        now.clean -= i == 0 ? 100 * MIB : 300 * MIB;
        look(0);
        CHECK_EQ(demand.regret_to_ms,
                 from_ms + regret_ms(i == 0 ? 100 * MIB : gone_bytes - 100 * MIB));
        look(INTERVAL);
    }
}

/* One that was at its level for an interval is not young. */
static void old_and_small(void) {
    begin();
    for (int i = 0; i < 6; i++) {
        take(i == 0 ? 64 * MIB : 0);
        look(INTERVAL / 2);
    }
    let_go(48 * MIB);
    look(1);
    CHECK_MSG(now.idle <= 5 * MIB, "%zu bytes stay", now.idle);
}

/* Use that falls and rises by so much: given back once at the most. */
static void swings(size_t used, size_t swing, uint64_t each_ms) {
    begin();
    take(used);
    look(0);
    for (int i = 0; i < 50; i++) {
        let_go(swing);
        look(each_ms);
        take(swing);
        look(each_ms);
    }
    CHECK_MSG(given_back <= swing, "%zu bytes given back of swings of %zu", given_back, swing);
}

/* Further and further down: never much more than what is used stays idle beyond the least. */
static void drains(void) {
    begin();
    take(200 * MIB);
    look(0);
    while (now.used > MIB) {
        size_t part = now.used / 16 + 1;
        let_go(part);
        look(2);
        CHECK_MSG(now.idle <= now.used / 4 + MIB, "%zu idle of %zu in use", now.idle, now.used);
    }
}

/* What stayed idle for long says nothing once the rule of time has taken it. */
static void purged_by_time(void) {
    begin();
    take(100 * MIB);
    for (int i = 0; i < 12; i++) {
        let_go(i < 8 ? 2 * MIB : 0);
        CHECK_EQ(look(INTERVAL), 0);
    }
    now.clean += now.idle;
    now.idle = 0;
    CHECK_EQ(look(1), 0);
    let_go(20 * MIB);
    look(1);
    CHECK_MSG(now.idle <= 5 * MIB, "%zu bytes stay", now.idle);
}

/* A level that lasts, with idle memory that comes and goes: the least of it is given back by the
 * rule of time, and what comes and goes is needed. */
static void wobbles(void) {
    uint64_t seed = 5;
    begin();
    take(300 * MIB);
    let_go(60 * MIB);
    look(0);
    given_back = 0;
    for (int i = 0; i < 1000; i++) {
        size_t bytes = test_random(&seed) % (20 * MIB);
        let_go(bytes);
        look(1);
        take(bytes);
        look(1);
    }
    CHECK_MSG(given_back <= 20 * MIB, "%zu bytes given back", given_back);
}

/* Walks of any scale and pace: what is faulted in again stays within the hundredth of the time that
 * it may cost, but for what each of the last give-backs may have to be regretted for. */
static void walk(uint64_t seed) {
    begin();
    uint64_t first = seed;
    size_t scale = (4 * MIB) << test_random(&seed) % 7;
    uint64_t pace_ms = 1 + test_random(&seed) % 20, start_ms = now_ms;
    size_t too_early = 0;
    take(scale);
    for (int i = 0; i < STEPS; i++) {
        size_t bytes = test_random(&seed) % (scale / 4);
        if (test_random(&seed) % 2 == 0 && now.used < 4 * scale) {
            too_early += take(bytes);
        } else {
            let_go(bytes < now.used ? bytes : now.used);
        }
        look(test_random(&seed) % (2 * pace_ms));
    }
    /* what fills the hundredth of the time */
    size_t may = (now_ms - start_ms) * 1000000 / 100 / demand.fault_ns * 4096;
    CHECK_MSG(too_early <= may + 8 * scale, "seed %lu: %zu MiB again in %lu ms", first,
              too_early / MIB, now_ms - start_ms);
}

static void swings_and_walks(void) {
    for (size_t used = 16 * MIB; used <= GIB; used *= 4) {
        swings(used, used / 2, 5);
        swings(used, used - MIB, 40);
        swings(used, used / 4, 100);
    }
    for (uint64_t seed = 1; seed <= WALKS; seed++) {
        fault_ns = seed % 2 == 0 ? USUAL_FAULT_NS : 10000;
        walk(seed);
    }
    fault_ns = 0;
}

int main(void) {
    growth_alone();
    lone_blocks();
    lone_blocks_watched();
    rests();
    regrets_once();
    old_and_small();
    swings_and_walks();
    drains();
    purged_by_time();
    wobbles();
    at_rest = true;
    swings_and_walks();
    at_rest = false;
    is_watched = true;
    swings_and_walks();
    return 0;
}
