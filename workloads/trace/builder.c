/*
 * builder.c - see builder.h.
 */
#include "trace/builder.h"

#include "common/arena.h"

enum { ROOM_FIRST = 1 << 16, THREAD_ROOM_FIRST = 64 };

void builder_open(builder_t *builder, uint32_t time_unit_ns, bool sited) {
    *builder = (builder_t){.trace = trace_open(ROOM_FIRST, time_unit_ns != 0, sited),
                           .room = ROOM_FIRST,
                           .threads = arena_alloc(THREAD_ROOM_FIRST, sizeof(builder_thread_t)),
                           .thread_room = THREAD_ROOM_FIRST};
    builder->trace.time_unit_ns = time_unit_ns;
    builder->trace.event_count = 0;
    addresses_open(&builder->live);
    addresses_open(&builder->numbers);
}

void builder_set_time(builder_t *builder, uint64_t time) {
    if (time > builder->time)
        builder->time = time;
}

static void add_event(builder_t *builder, uint32_t number, trace_event_t event) {
    trace_t *trace = &builder->trace;
    if (trace->event_count == builder->room) {
        uint64_t room = 2 * builder->room;
        trace->events = arena_grow(trace->events, builder->room, room, sizeof event);
        if (trace->times != NULL)
            trace->times = arena_grow(trace->times, builder->room, room, sizeof *trace->times);
        if (trace->sites != NULL)
            trace->sites = arena_grow(trace->sites, builder->room, room, sizeof *trace->sites);
        builder->room = room;
    }
    event.thread = number & 0xffffff;
    builder->threads[number].last = trace->event_count;
    if (trace->times != NULL)
        trace->times[trace->event_count] = builder->time;
    if (trace->sites != NULL && trace_op_has_size(event.op))
        trace->sites[trace->event_count] = builder->site;
    trace->events[trace->event_count++] = event;
}

static uint32_t number_of(builder_t *builder, uint64_t thread) {
    address_entry_t *known = addresses_find(&builder->numbers, thread + 1);
    if (known != NULL)
        return (uint32_t)known->value;
    uint32_t number = builder->trace.thread_count;
    if (number + 1 >= TRACE_THREADS_MAX) {
        builder->overflow = true;
        return 0;
    }
    builder->trace.thread_count++;
    addresses_put(&builder->numbers, thread + 1, number);
    if (number == builder->thread_room) {
        builder->threads =
            arena_grow(builder->threads, number, 2 * (size_t)number, sizeof(builder_thread_t));
        builder->thread_room *= 2;
    }
    add_event(builder, number, (trace_event_t){.op = TRACE_THREAD_START});
    return number;
}

void builder_thread_starts(builder_t *builder, uint64_t thread) {
    number_of(builder, thread);
}

static void emit(builder_t *builder, uint64_t thread, trace_event_t event) {
    add_event(builder, number_of(builder, thread), event);
}

uint32_t builder_take(builder_t *builder, uint64_t address) {
    address_entry_t *entry = addresses_find(&builder->live, address);
    if (entry == NULL) {
        builder->trace.unknown_frees++;
        return BUILDER_NO_BLOCK;
    }
    uint32_t block = (uint32_t)entry->value;
    addresses_remove(&builder->live, entry);
    return block;
}

void builder_put_back(builder_t *builder, uint64_t thread, uint64_t address, uint32_t block) {
    address_entry_t *entry = addresses_find(&builder->live, address);
    if (entry != NULL) {
        uint32_t lost = (uint32_t)entry->value;
        emit(builder, thread, (trace_event_t){.op = TRACE_FREE, .block = lost});
        builder->trace.lost_frees++;
        /* emit changes no entry of this table */
        addresses_remove(&builder->live, entry);
    }
    addresses_put(&builder->live, address, block);
}

void builder_new(builder_t *builder, uint64_t thread, trace_op_t op, uint64_t address,
                 uint64_t bytes, unsigned align_shift) {
    uint32_t block = (uint32_t)builder->trace.block_count;
    if (block == BUILDER_NO_BLOCK) {
        builder->overflow = true;
        return;
    }
    builder_put_back(builder, thread, address, block);
    builder->trace.block_count++;
    emit(builder, thread,
         (trace_event_t){.op = op & 7,
                         .block = block,
                         .bytes = bytes,
                         .align_shift = align_shift & TRACE_ALIGN_SHIFT_MAX});
}

void builder_gone(builder_t *builder, uint64_t thread, uint32_t block) {
    if (block != BUILDER_NO_BLOCK)
        emit(builder, thread, (trace_event_t){.op = TRACE_FREE, .block = block});
}

void builder_free(builder_t *builder, uint64_t thread, uint64_t address) {
    builder_gone(builder, thread, builder_take(builder, address));
}

void builder_moved(builder_t *builder, uint64_t thread, uint64_t address, uint64_t bytes,
                   uint32_t block) {
    if (block == BUILDER_NO_BLOCK) {
        builder_new(builder, thread, TRACE_MALLOC, address, bytes, 0);
        return;
    }
    builder_put_back(builder, thread, address, block);
    emit(builder, thread, (trace_event_t){.op = TRACE_REALLOC, .block = block, .bytes = bytes});
}

void builder_realloc(builder_t *builder, uint64_t thread, uint64_t old_address, uint64_t address,
                     uint64_t bytes) {
    if (old_address == 0)
        builder_new(builder, thread, TRACE_MALLOC, address, bytes, 0);
    else if (bytes == 0)
        builder_free(builder, thread, old_address);
    else
        builder_moved(builder, thread, address, bytes, builder_take(builder, old_address));
}

void builder_thread_ends(builder_t *builder, uint64_t thread) {
    address_entry_t *known = addresses_find(&builder->numbers, thread + 1);
    if (known != NULL) /* only threads that did something count */
        builder->threads[known->value].ended = true;
}

/* ---- the end ---- */

static void copy_event(const trace_t *from, uint64_t at, trace_t *to, uint64_t place) {
    to->events[place] = from->events[at];
    if (to->times != NULL)
        to->times[place] = from->times[at];
    if (to->sites != NULL)
        to->sites[place] = from->sites[at];
}

/* Behind the last event of each thread that ended comes its exit. */
static void add_exits(const builder_t *builder, trace_t *out) {
    const trace_t *from = &builder->trace;
    uint64_t exits = 0, place = 0;
    for (uint32_t i = 0; i < from->thread_count; i++)
        exits += builder->threads[i].ended;
    *out = trace_open(from->event_count + exits, from->times != NULL, from->sites != NULL);
    out->time_unit_ns = from->time_unit_ns;
    out->unknown_frees = from->unknown_frees;
    out->lost_frees = from->lost_frees;
    for (uint64_t at = 0; at < from->event_count; at++) {
        copy_event(from, at, out, place++);
        const builder_thread_t *thread = &builder->threads[from->events[at].thread];
        if (!thread->ended || thread->last != at)
            continue;
        copy_event(from, at, out, place);
        out->events[place] =
            (trace_event_t){.op = TRACE_THREAD_EXIT, .thread = from->events[at].thread};
        if (out->sites != NULL)
            out->sites[place] = 0;
        place++;
    }
}

bool builder_drop(builder_t *builder) {
    builder->trace.event_count = builder->room;
    trace_unload(&builder->trace);
    addresses_close(&builder->live);
    addresses_close(&builder->numbers);
    arena_free(builder->threads, builder->thread_room, sizeof(builder_thread_t));
    return false;
}

bool builder_close(builder_t *builder, const char *what, trace_t *out, trace_error_t *error) {
    add_exits(builder, out);
    bool overflow = builder->overflow;
    builder_drop(builder);
    bool good = overflow ? trace_fault(error, what, "more threads or blocks than a trace can have")
                         : trace_count(out, error);
    if (!good)
        trace_unload(out);
    return good;
}
