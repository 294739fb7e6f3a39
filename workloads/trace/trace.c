/*
 * trace.c - checking and counting traces in memory; see trace.h.
 */
#include "trace/trace.h"

#include "common/arena.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *trace_op_name(trace_op_t op) {
    static const char *const names[] = {"malloc", "calloc",       "realloc",    "aligned",
                                        "free",   "thread-start", "thread-exit"};
    return op < TRACE_OPS ? names[op] : "unknown";
}

bool trace_fault(trace_error_t *error, const char *what, const char *format, ...) {
    int used = snprintf(error->text, sizeof error->text, "%s: ", what);
    va_list args;
    va_start(args, format);
    if (used >= 0 && (size_t)used < sizeof error->text)
        vsnprintf(error->text + used, sizeof error->text - (size_t)used, format, args);
    va_end(args);
    return false;
}

typedef struct count {
    uint64_t *live_bytes; /* by block, plus one; 0: not live */
    unsigned char *thread_state;
    uint64_t bytes, blocks;
} count_t;

enum { THREAD_UNSEEN, THREAD_RUNS, THREAD_GONE };

static bool count_thread(count_t *count, trace_t *trace, const trace_event_t *event) {
    unsigned char *state = &count->thread_state[event->thread];
    if (event->thread >= trace->thread_count)
        trace->thread_count = event->thread + 1;
    if (event->op == TRACE_THREAD_START) {
        bool first = *state == THREAD_UNSEEN;
        *state = THREAD_RUNS;
        return first;
    }
    bool runs = *state == THREAD_RUNS;
    if (event->op == TRACE_THREAD_EXIT)
        *state = THREAD_GONE;
    return runs;
}

static bool count_block(count_t *count, trace_t *trace, const trace_event_t *event) {
    if (trace_op_makes_block(event->op)) {
        if (event->block != trace->block_count)
            return false;
        trace->block_count++;
        count->blocks++;
    } else if (event->block >= trace->block_count || count->live_bytes[event->block] == 0) {
        return false;
    } else {
        count->bytes -= count->live_bytes[event->block] - 1;
    }
    count->live_bytes[event->block] = event->op == TRACE_FREE ? 0 : event->bytes + 1;
    count->bytes += event->op == TRACE_FREE ? 0 : event->bytes;
    count->blocks -= event->op == TRACE_FREE;
    if (count->blocks > trace->peak_live_blocks)
        trace->peak_live_blocks = count->blocks;
    return true;
}

static bool count_event(count_t *count, trace_t *trace, uint64_t at) {
    const trace_event_t *event = &trace->events[at];
    if (trace->times != NULL && at > 0 && trace->times[at] < trace->times[at - 1])
        return false;
    if (event->op >= TRACE_OPS || event->thread >= TRACE_THREADS_MAX ||
        event->bytes > INT64_MAX / 4 || (event->op == TRACE_REALLOC && event->bytes == 0))
        return false;
    if (!count_thread(count, trace, event))
        return false;
    if (event->op == TRACE_THREAD_START || event->op == TRACE_THREAD_EXIT)
        return true;
    if (!count_block(count, trace, event))
        return false;
    if (count->bytes > trace->peak_live_bytes) {
        trace->peak_live_bytes = count->bytes;
        trace->peak_event = at;
    }
    return true;
}

bool trace_count(trace_t *trace, trace_error_t *error) {
    count_t count = {.live_bytes = arena_alloc(trace->event_count, sizeof(uint64_t)),
                     .thread_state = arena_alloc(TRACE_THREADS_MAX, 1)};
    trace->block_count = trace->peak_live_bytes = trace->peak_live_blocks = trace->peak_event = 0;
    trace->thread_count = 0;
    uint64_t at = 0;
    while (at < trace->event_count && count_event(&count, trace, at))
        at++;
    arena_free(count.live_bytes, trace->event_count, sizeof(uint64_t));
    arena_free(count.thread_state, TRACE_THREADS_MAX, 1);
    if (at == trace->event_count)
        return true;
    const trace_event_t *event = &trace->events[at];
    return trace_fault(error, "events", "number %" PRIu64 " (%s, thread %u, block %u) cannot be",
                       at, trace_op_name(event->op), event->thread, event->block);
}

void trace_set_text(char **text, size_t *text_bytes, const char *value) {
    if (*text != NULL)
        arena_free(*text, *text_bytes, 1);
    *text_bytes = strlen(value) + 1;
    *text = arena_alloc(*text_bytes, 1);
    memcpy(*text, value, *text_bytes);
}

static void drop_text(char **text, size_t text_bytes) {
    if (*text != NULL)
        arena_free(*text, text_bytes, 1);
    *text = NULL;
}

trace_t trace_open(uint64_t count, bool timed, bool sited) {
    trace_t trace = {.event_count = count, .time_unit_ns = timed ? 1 : 0};
    trace.events = arena_alloc(count, sizeof *trace.events);
    trace.times = timed ? arena_alloc(count, sizeof *trace.times) : NULL;
    trace.sites = sited ? arena_alloc(count, sizeof *trace.sites) : NULL;
    return trace;
}

void trace_drop_times(trace_t *trace) {
    if (trace->times != NULL)
        arena_free(trace->times, trace->event_count, sizeof *trace->times);
    trace->times = NULL;
    trace->time_unit_ns = 0;
}

void trace_settle_times(trace_t *trace, bool from_zero) {
    enum { COARSE_NS = 1000 };
    uint64_t start = from_zero && trace->event_count > 0 ? trace->times[0] : 0, rest = 0;
    for (uint64_t i = 0; i < trace->event_count; i++) {
        trace->times[i] -= start;
        rest |= trace->times[i] % COARSE_NS;
    }
    if (rest != 0)
        return;
    for (uint64_t i = 0; i < trace->event_count; i++)
        trace->times[i] /= COARSE_NS;
    trace->time_unit_ns = COARSE_NS;
}

void trace_coarsen_times(trace_t *trace, uint32_t unit_ns) {
    if (trace->times == NULL || unit_ns <= trace->time_unit_ns)
        return;
    for (uint64_t i = 0; i < trace->event_count; i++)
        trace->times[i] = trace->times[i] * trace->time_unit_ns / unit_ns;
    trace->time_unit_ns = unit_ns;
}

void trace_cut_to(trace_t *trace, uint64_t count) {
    trace->events = arena_grow(trace->events, trace->event_count, count, sizeof *trace->events);
    if (trace->times != NULL)
        trace->times = arena_grow(trace->times, trace->event_count, count, sizeof *trace->times);
    if (trace->sites != NULL)
        trace->sites = arena_grow(trace->sites, trace->event_count, count, sizeof *trace->sites);
    trace->event_count = count;
}

void trace_unload(trace_t *trace) {
    if (trace->events != NULL)
        arena_free(trace->events, trace->event_count, sizeof *trace->events);
    if (trace->times != NULL)
        arena_free(trace->times, trace->event_count, sizeof *trace->times);
    if (trace->sites != NULL)
        arena_free(trace->sites, trace->event_count, sizeof *trace->sites);
    trace->events = NULL;
    trace->times = NULL;
    trace->sites = NULL;
    drop_text(&trace->program, trace->program_bytes);
    drop_text(&trace->command, trace->command_bytes);
    drop_text(&trace->allocator, trace->allocator_bytes);
}
