/* demand.c - see demand.h. */
#include "demand.h"

/* What may lie idle without having been needed: a sixteenth of what is in use, or so much: small
 * heaps are left to the rule of time. */
#define IDLE_LEAST_BYTES (4 * HAK_MIB)
#define IDLE_SHARE       16
/* A heap that had so much in use gives back at once however young it is. */
#define LARGE_HEAP_BYTES (128 * HAK_MIB)

/* Pages that were given back too early may cost a hundredth of the time. */
#define REGRET_SHARE 100
/* Of a page, where it was not measured: of a desktop of 2023, without a hypervisor. */
#define USUAL_FAULT_NS 2400

/* For so long nothing more is given back that these pages were faulted in again. */
static uint64_t regret_ms(const hak_demand_t *demand, size_t bytes) {
    uint64_t fault_ns = demand->fault_ns == 0 ? USUAL_FAULT_NS : demand->fault_ns;
    return (bytes >> HAK_PAGE_SHIFT) * fault_ns * REGRET_SHARE / 1000000;
}

static size_t larger_of(const size_t pair[2]) {
    return hak_max(pair[0], pair[1]);
}

/* What was needed in the interval that runs, and the two before it: so it is known for two. */
static size_t needed_bytes(const hak_demand_t *demand) {
    return hak_max(hak_max(demand->needed[0], demand->needed[1]), demand->needed[2]);
}

static void turn_needed_over(size_t needed[3], uint64_t intervals) {
    for (; intervals > 0; intervals--) {
        needed[2] = needed[1];
        needed[1] = needed[0];
        needed[0] = 0;
    }
}

static void turn_over(size_t pair[2], bool is_next) {
    pair[1] = is_next ? pair[0] : 0;
    pair[0] = 0;
}

static size_t less(size_t bytes, size_t by) {
    return bytes > by ? bytes - by : 0;
}

/* Use rose: by what was idle, which was needed, then; by what was given back, which was too early;
 * or by memory that is new, and says nothing. */
static void note_rise(hak_demand_t *demand, const hak_levels_t *now, uint64_t now_ms) {
    size_t bytes = now->used - demand->last.used;
    size_t of_idle = hak_min(bytes, less(demand->last.idle, now->idle));
    size_t too_early = hak_min(bytes - of_idle, less(demand->last.clean, now->clean));
    too_early = hak_min(too_early, demand->given_back[0] + demand->given_back[1]);
    demand->rise += of_idle + too_early;
    demand->needed[0] = hak_max(demand->needed[0], demand->rise);
    if (too_early > 0) {
        size_t of_last = hak_min(too_early, demand->given_back[1]);
        demand->given_back[1] -= of_last;
        demand->given_back[0] -= too_early - of_last;
        demand->regret_to_ms = hak_max(demand->regret_to_ms, now_ms) + regret_ms(demand, too_early);
    }
}

static void note(hak_demand_t *demand, const hak_levels_t *now, uint64_t now_ms,
                 uint64_t interval_ms) {
    uint64_t passed_ms = now_ms - demand->since_ms;
    if (passed_ms >= interval_ms) {
        bool is_next = passed_ms / 2 < interval_ms;
        turn_needed_over(demand->needed, hak_min(passed_ms / hak_max(interval_ms, 1), 3));
        turn_over(demand->given_back, is_next);
        turn_over(demand->highest, is_next);
        turn_over(demand->least_idle, is_next);
        demand->least_idle[0] = hak_min(demand->last.idle, now->idle);
        demand->since_ms = now_ms;
    }
    demand->highest[0] = hak_max(demand->highest[0], hak_max(demand->last.used, now->used));
    if (now->used > demand->grown_to + demand->grown_to / 3) {
        demand->grown_to = now->used;
        demand->grown_ms = now_ms;
    }
    if (now->used > demand->last.used) {
        note_rise(demand, now, now_ms);
    } else {
        demand->rise = less(demand->rise, demand->last.used - now->used);
    }
    demand->least_idle[0] = hak_min(demand->least_idle[0], now->idle);
    demand->last = *now;
}

/* By as much again as may lie idle of it: while use falls, pages that blocks shared come free. */
static bool falls_on(const hak_demand_t *demand) {
    return demand->last.used + demand->fell_to / IDLE_SHARE < demand->fell_to;
}

/* What of so much idle memory is beyond need. */
static size_t beyond_need(const hak_demand_t *demand, size_t idle) {
    size_t keep = hak_max(demand->last.used / IDLE_SHARE, IDLE_LEAST_BYTES);
    keep = hak_max(falls_on(demand) ? 0 : keep, needed_bytes(demand));
    return less(idle, keep);
}

/* A small heap that grew less than an interval ago may well be filled again at once; of an older
 * one the faults were worth it. Of one that is watched, what falls idle waits an interval. */
static uint64_t due_ms(const hak_demand_t *demand, uint64_t now_ms, uint64_t interval_ms) {
    if (demand->is_watched) {
        return hak_max(demand->due_ms != 0 ? demand->due_ms : now_ms + interval_ms,
                       demand->regret_to_ms);
    }
    bool at_once = falls_on(demand) || larger_of(demand->highest) >= LARGE_HEAP_BYTES;
    return hak_max(at_once ? 0 : demand->grown_ms + interval_ms, demand->regret_to_ms);
}

/* What fell idle lately, and beyond need; of memory that stays idle the rule of time takes care.
 * While use falls on, all of it. */
static size_t idle_bytes(const hak_demand_t *demand) {
    size_t stayed = falls_on(demand) ? 0 : hak_min(demand->least_idle[0], demand->least_idle[1]);
    return beyond_need(demand, less(demand->last.idle, stayed));
}

size_t demand_look(hak_demand_t *demand, const hak_levels_t *now, uint64_t now_ms,
                   uint64_t interval_ms, bool at_rest) {
    note(demand, now, now_ms, interval_ms);
    if (at_rest && now_ms >= demand->regret_to_ms) {
        demand->due_ms = 0;
        return less(now->idle, needed_bytes(demand));
    }
    size_t bytes = idle_bytes(demand);
    if (demand->due_ms != 0) { /* what fell may have lain there for long by now */
        bytes = hak_max(bytes, hak_min(demand->due_bytes, beyond_need(demand, now->idle)));
    }
    uint64_t due = due_ms(demand, now_ms, interval_ms);
    if (bytes > 0 && now_ms < due) {
        demand->due_ms = due;
        demand->due_bytes = bytes;
        return 0;
    }
    demand->due_ms = 0;
    if (bytes > 0) {
        demand->grown_to = hak_min(demand->grown_to, now->used);
    }
    if (bytes > 0 && (demand->fell_to == 0 || falls_on(demand))) {
        demand->fell_to = hak_max(now->used, 1);
    } else if (now->used / 2 >= demand->fell_to) {
        demand->fell_to = 0;
    }
    return bytes;
}

void demand_note_given_back(hak_demand_t *demand, size_t bytes) {
    demand->given_back[0] += bytes;
    demand->last.idle = less(demand->last.idle, bytes);
    demand->last.clean += bytes;
    demand->least_idle[0] = hak_min(demand->least_idle[0], demand->last.idle);
}
