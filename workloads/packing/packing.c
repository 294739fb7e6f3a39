/*
 * packing.c - see packing.h.
 */
#include "packing/packing.h"

#include "common/arena.h"
#include "packing/space.h"

#include <math.h>

enum { GAPS_LOOKED_AT = 48, CLOCKS = 2, PEAK_POWER = 8 };

typedef struct packer {
    const trace_t *trace;
    space_t space;
    const double *clock; /* by event; [event_count] is the end */
    uint64_t *ends;      /* by event that begins a size: the event that ends it */
    uint32_t *segments;  /* by block */
    uint64_t unit;
} packer_t;

typedef struct place {
    uint32_t gap;
    uint64_t start, left; /* of the gap */
    double added;
} place_t;

static uint64_t units_of(const packer_t *packer, uint64_t bytes) {
    uint64_t units = (bytes + packer->unit - 1) / packer->unit;
    return units == 0 ? 1 : units;
}

static void offer(const packer_t *packer, place_t *best, uint32_t gap, uint64_t start,
                  uint64_t length, double now, double until) {
    double added = space_added(&packer->space, start, length, now, until);
    uint64_t left = packer->space.segments[gap].length - length;
    if (best->gap == SPACE_NONE || added < best->added ||
        (added == best->added && left < best->left))
        *best = (place_t){gap, start, left, added};
}

/* Both ends of a gap; false: the block does not fit. */
static bool offer_gap(const packer_t *packer, place_t *best, uint32_t gap, uint64_t length,
                      uint64_t alignment, double now, double until) {
    const segment_t *segment = &packer->space.segments[gap];
    uint64_t end = segment->start + segment->length;
    uint64_t low = (segment->start + alignment - 1) / alignment * alignment;
    if (low + length > end)
        return false;
    offer(packer, best, gap, low, length, now, until);
    if (end < SPACE_ENDLESS)
        offer(packer, best, gap, (end - length) / alignment * alignment, length, now, until);
    return true;
}

static uint32_t place(packer_t *packer, uint64_t length, uint64_t alignment, double now,
                      double until) {
    const space_t *space = &packer->space;
    place_t best = {.gap = SPACE_NONE};
    unsigned looked_at = 0;
    for (unsigned bin = space_bin(length); bin < SPACE_BINS; bin++) {
        for (uint32_t gap = space->bins[bin]; gap != SPACE_NONE;
             gap = space->segments[gap].bin_behind) {
            bool is_last = space->segments[gap].behind == SPACE_NONE;
            if (looked_at < GAPS_LOOKED_AT || is_last)
                looked_at += offer_gap(packer, &best, gap, length, alignment, now, until);
            else
                break; /* but the end of the heap is still to come */
        }
    }
    return space_place(&packer->space, best.gap, best.start, length, until);
}

static void replay_event(packer_t *packer, uint64_t i) {
    const trace_event_t *event = &packer->trace->events[i];
    if (event->op == TRACE_FREE) {
        space_free(&packer->space, packer->segments[event->block]);
        return;
    }
    if (!trace_op_has_size(event->op))
        return;
    uint64_t length = units_of(packer, event->bytes), alignment = 1;
    double until = packer->clock[packer->ends[i]];
    uint32_t before = packer->segments[event->block];
    if (event->op == TRACE_REALLOC && space_resize(&packer->space, before, length, until))
        return;
    if (event->op == TRACE_ALIGNED)
        alignment = units_of(packer, UINT64_C(1) << event->align_shift);
    packer->segments[event->block] = place(packer, length, alignment, packer->clock[i], until);
    if (event->op == TRACE_REALLOC)
        space_free(&packer->space, before);
}

/* ---- what is known of the future ---- */

static void find_ends(packer_t *packer) {
    const trace_t *trace = packer->trace;
    uint64_t *begun = arena_alloc(trace->block_count, sizeof *begun);
    for (uint64_t i = 0; i < trace->event_count; i++) {
        const trace_event_t *event = &trace->events[i];
        packer->ends[i] = trace->event_count;
        if (trace_op_uses_block(event->op))
            packer->ends[begun[event->block]] = i;
        if (trace_op_has_size(event->op))
            begun[event->block] = i;
    }
    arena_free(begun, trace->block_count, sizeof *begun);
}

/* Each event takes (live / peak)^power. */
static void set_clock(const trace_t *trace, double power, double *clock) {
    uint64_t *sizes = arena_alloc(trace->block_count, sizeof *sizes), live = 0;
    double now = 0, peak = trace->peak_live_bytes > 0 ? (double)trace->peak_live_bytes : 1;
    for (uint64_t i = 0; i < trace->event_count; i++) {
        const trace_event_t *event = &trace->events[i];
        clock[i] = now;
        if (trace_op_uses_block(event->op))
            live -= sizes[event->block];
        if (trace_op_has_size(event->op)) {
            sizes[event->block] = event->bytes;
            live += event->bytes;
        }
        now += 1e-9 + pow((double)live / peak, power);
    }
    clock[trace->event_count] = now;
    arena_free(sizes, trace->block_count, sizeof *sizes);
}

static uint64_t pack(packer_t *packer, uint64_t page_bytes) {
    space_open(&packer->space, page_bytes / packer->unit);
    for (uint64_t i = 0; i < packer->trace->event_count; i++)
        replay_event(packer, i);
    uint64_t pages = packer->space.resident_most;
    space_close(&packer->space);
    return pages;
}

uint64_t packing_of_trace(const trace_t *trace, uint64_t unit, uint64_t page_bytes) {
    static const double powers[CLOCKS] = {0, PEAK_POWER};
    uint64_t events = trace->event_count, least = UINT64_MAX;
    double *clock = arena_alloc(events + 1, sizeof *clock);
    packer_t packer = {.trace = trace,
                       .clock = clock,
                       .ends = arena_alloc(events, sizeof(uint64_t)),
                       .segments = arena_alloc(trace->block_count, sizeof(uint32_t)),
                       .unit = unit};
    find_ends(&packer);
    for (unsigned i = 0; i < CLOCKS; i++) {
        set_clock(trace, powers[i], clock);
        uint64_t pages = pack(&packer, page_bytes);
        least = pages < least ? pages : least;
    }
    arena_free(clock, events + 1, sizeof *clock);
    arena_free(packer.ends, events, sizeof(uint64_t));
    arena_free(packer.segments, trace->block_count, sizeof(uint32_t));
    return least;
}
