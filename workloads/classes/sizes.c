/*
 * sizes.c - see sizes.h.
 */
#include "classes/sizes.h"

#include "common/arena.h"

#include <stdlib.h>

enum { PAGE_BYTES = 4096, ROOM = 4096 };

void sizes_open(sizes_t *sizes, sizes_unit_t unit, double time) {
    *sizes = (sizes_t){.rows = arena_alloc(ROOM, sizeof(size_row_t)),
                       .room = ROOM,
                       .time = time > 0 ? time : 1,
                       .unit = unit};
}

void sizes_add(sizes_t *sizes, uint64_t bytes, double weight) {
    if (sizes->count == sizes->room) {
        sizes->rows = arena_grow(sizes->rows, sizes->room, 2 * sizes->room, sizeof *sizes->rows);
        sizes->room *= 2;
    }
    sizes->rows[sizes->count++] = (size_row_t){bytes == 0 ? 1 : bytes, weight};
}

static int by_bytes(const void *a, const void *b) {
    const size_row_t *x = a, *y = b;
    return (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

void sizes_settle(sizes_t *sizes) {
    uint64_t kept = 0;
    qsort(sizes->rows, sizes->count, sizeof *sizes->rows, by_bytes);
    for (uint64_t i = 0; i < sizes->count; i++) {
        if (kept > 0 && sizes->rows[kept - 1].bytes == sizes->rows[i].bytes)
            sizes->rows[kept - 1].weight += sizes->rows[i].weight;
        else
            sizes->rows[kept++] = sizes->rows[i];
    }
    sizes->count = kept;
}

void sizes_close(sizes_t *sizes) {
    arena_free(sizes->rows, sizes->room, sizeof *sizes->rows);
}

/* ---- from a trace ---- */

typedef struct life {
    uint64_t bytes; /* 0: not live */
    double born;
} life_t;

double sizes_time_at(const trace_t *trace, uint64_t event) {
    return trace->times == NULL ? (double)event
                                : (double)trace->times[event] * trace->time_unit_ns / 1000;
}

uint64_t sizes_of_event(const trace_event_t *event) {
    uint64_t bytes = event->bytes == 0 ? 1 : event->bytes;
    uint64_t alignment = 1;
    if (event->op == TRACE_ALIGNED)
        alignment = event->align_shift < 12 ? UINT64_C(1) << event->align_shift : PAGE_BYTES;
    return (bytes + alignment - 1) / alignment * alignment;
}

static void end_life(sizes_t *sizes, life_t *life, double now) {
    if (life->bytes != 0)
        sizes_add(sizes, life->bytes, now - life->born);
    life->bytes = 0;
}

void sizes_of_trace(const trace_t *trace, sizes_t *out) {
    life_t *lives = arena_alloc(trace->block_count, sizeof *lives);
    bool timed = trace->times != NULL;
    double end = timed && trace->event_count > 0 ? sizes_time_at(trace, trace->event_count - 1)
                                                 : (double)trace->event_count;
    double start = timed && trace->event_count > 0 ? sizes_time_at(trace, 0) : 0;
    sizes_open(out, timed ? SIZES_MICROSECONDS : SIZES_OPERATIONS, end - start);
    for (uint64_t i = 0; i < trace->event_count; i++) {
        const trace_event_t *event = &trace->events[i];
        if (trace_op_uses_block(event->op))
            end_life(out, &lives[event->block], sizes_time_at(trace, i));
        if (trace_op_has_size(event->op))
            lives[event->block] = (life_t){sizes_of_event(event), sizes_time_at(trace, i)};
        if ((i & 0xfffff) == 0xfffff)
            sizes_settle(out); /* so that the list stays short */
    }
    for (uint64_t i = 0; i < trace->block_count; i++)
        end_life(out, &lives[i], end);
    sizes_settle(out);
    arena_free(lives, trace->block_count, sizeof *lives);
}

/* Up to the first event behind which so many bytes are alive. */
static uint64_t find_peak(const trace_t *trace, life_t *lives) {
    uint64_t live = 0, most = 0, peak = 0;
    for (uint64_t i = 0; i < trace->event_count; i++) {
        const trace_event_t *event = &trace->events[i];
        if (trace_op_uses_block(event->op))
            live -= lives[event->block].bytes;
        if (trace_op_has_size(event->op)) {
            lives[event->block].bytes = event->bytes;
            live += event->bytes;
        }
        if (live > most) {
            most = live;
            peak = i;
        }
    }
    return peak;
}

void sizes_of_peak(const trace_t *trace, sizes_t *out) {
    life_t *lives = arena_alloc(trace->block_count, sizeof *lives);
    uint64_t peak = find_peak(trace, lives);
    for (uint64_t i = 0; i < trace->block_count; i++)
        lives[i].bytes = 0;
    sizes_open(out, SIZES_SNAPSHOT, 1);
    for (uint64_t i = 0; i < trace->event_count; i++) {
        const trace_event_t *event = &trace->events[i];
        if (trace_op_has_size(event->op))
            sizes_add(out, sizes_of_event(event), 0);
        if (i <= peak && event->op == TRACE_FREE)
            lives[event->block].bytes = 0;
        else if (i <= peak && trace_op_has_size(event->op))
            lives[event->block].bytes = sizes_of_event(event);
        if ((i & 0xfffff) == 0xfffff)
            sizes_settle(out);
    }
    for (uint64_t i = 0; i < trace->block_count; i++) {
        if (lives[i].bytes > 0)
            sizes_add(out, lives[i].bytes, 1);
    }
    sizes_settle(out);
    arena_free(lives, trace->block_count, sizeof *lives);
}

const char *sizes_unit_name(sizes_unit_t unit) {
    static const char *const names[] = {[SIZES_OPERATIONS] = "bytes x operations",
                                        [SIZES_MICROSECONDS] = "bytes x microseconds",
                                        [SIZES_SNAPSHOT] = "bytes at one moment"};
    return names[unit];
}
