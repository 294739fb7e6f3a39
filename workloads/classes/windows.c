/*
 * windows.c - see windows.h.
 */
#include "classes/windows.h"

#include "common/arena.h"

#include <math.h>
#include <string.h>

typedef struct life {
    uint64_t bytes; /* 0: not live, or none of the sizes */
    double born;
    unsigned window;
} life_t;

static void set_edges(const trace_t *trace, unsigned most, windows_t *out) {
    uint64_t events = trace->event_count, at = 0;
    bool timed = trace->times != NULL && events > 0;
    double start = timed ? sizes_time_at(trace, 0) : 0;
    double end = timed ? sizes_time_at(trace, events - 1) : (double)events;
    out->count = events < most && !timed ? (unsigned)events : most;
    if (end <= start)
        out->count = 1;
    for (unsigned k = 0; k <= out->count; k++) {
        double edge = start + (end - start) * k / out->count;
        out->edges[k] = timed ? edge : floor(edge);
        while (k > 0 && at < events && sizes_time_at(trace, at) < out->edges[k])
            at++;
        out->events[k] = at;
    }
    out->edges[out->count] = end;
    out->events[out->count] = events;
}

/* Lists grow by what is new in them, not by what is added. */
static void add(sizes_t *sizes, uint64_t bytes, double weight) {
    if (sizes->count == sizes->room) {
        sizes_settle(sizes);
        if (2 * sizes->count > sizes->room) {
            sizes->rows =
                arena_grow(sizes->rows, sizes->room, 2 * sizes->room, sizeof *sizes->rows);
            sizes->room *= 2;
        }
    }
    sizes_add(sizes, bytes, weight);
}

static void end_life(windows_t *windows, life_t *life, unsigned last, double now) {
    if (life->bytes == 0)
        return;
    for (unsigned k = life->window; k <= last; k++) {
        double time = fmin(now, windows->edges[k + 1]) - fmax(life->born, windows->edges[k]);
        if (time > 0 || k == life->window)
            add(&windows->sizes[k], life->bytes, time);
    }
    life->bytes = 0;
}

void windows_of_trace(const trace_t *trace, unsigned most, uint64_t low, uint64_t high,
                      windows_t *out) {
    life_t *lives = arena_alloc(trace->block_count, sizeof *lives);
    memset(out, 0, sizeof *out);
    set_edges(trace, most, out);
    for (unsigned k = 0; k < out->count; k++)
        sizes_open(&out->sizes[k], trace->times == NULL ? SIZES_OPERATIONS : SIZES_MICROSECONDS,
                   out->edges[k + 1] - out->edges[k]);
    unsigned window = 0;
    for (uint64_t i = 0; i < trace->event_count; i++) {
        const trace_event_t *event = &trace->events[i];
        double now = sizes_time_at(trace, i);
        while (window + 1 < out->count && i >= out->events[window + 1])
            window++;
        if (trace_op_uses_block(event->op))
            end_life(out, &lives[event->block], window, now);
        if (trace_op_has_size(event->op)) {
            uint64_t bytes = sizes_of_event(event);
            bool counts = bytes >= low && bytes <= high;
            lives[event->block] = (life_t){counts ? bytes : 0, now, window};
        }
    }
    for (uint64_t i = 0; i < trace->block_count; i++)
        end_life(out, &lives[i], out->count - 1, out->edges[out->count]);
    for (unsigned k = 0; k < out->count; k++)
        sizes_settle(&out->sizes[k]);
    arena_free(lives, trace->block_count, sizeof *lives);
}

void windows_close(windows_t *windows) {
    for (unsigned k = 0; k < windows->count; k++)
        sizes_close(&windows->sizes[k]);
    windows->count = 0;
}

void windows_extend(const windows_t *windows, unsigned end, sizes_t *run) {
    const sizes_t *more = &windows->sizes[end];
    for (uint64_t i = 0; i < more->count; i++)
        sizes_add(run, more->rows[i].bytes, more->rows[i].weight);
    run->time += windows->edges[end + 1] - windows->edges[end];
    if (run->time <= 0)
        run->time = 1; /* of a trace in which no time passes, as in sizes_of_trace */
    sizes_settle(run);
}

void windows_join(const windows_t *windows, unsigned first, unsigned end, sizes_t *out) {
    sizes_open(out, windows->sizes[first].unit, 1);
    out->time = 0;
    for (unsigned k = first; k < end; k++)
        windows_extend(windows, k, out);
}
