/*
 * builder.h - a trace made event by event, from a source that names blocks by their addresses.
 *
 * For the recorder's raw files, for other tools' formats, and for traces made of traces. Addresses
 * become block numbers, and any numbers of threads the numbers 0, 1, … in the order of their first
 * event, which gets the thread-start before it. What a source may leave open is settled here, and
 * counted in the trace:
 *
 *   unknown    a free or realloc of an address that is not live is left out (the result of the
 *              realloc is a new block)
 *   lost       memory is handed out at an address that is still live: the free in between was
 *              lost, and is put in
 *
 * A thread that ends gets its thread-exit after its last event, also when that came later.
 */
#ifndef WORKLOADS_TRACE_BUILDER_H
#define WORKLOADS_TRACE_BUILDER_H

#include "trace/addresses.h"
#include "trace/trace.h"

enum { BUILDER_NO_BLOCK = UINT32_MAX };

typedef struct builder_thread {
    uint64_t last; /* index of its last event */
    bool ended;
} builder_thread_t;

typedef struct builder {
    trace_t trace;
    uint64_t room; /* of events, times and sites */
    addresses_t live;
    addresses_t numbers; /* of threads, by their number in the source plus one */
    builder_thread_t *threads;
    uint32_t thread_room;
    uint64_t time; /* of the events that follow */
    uint32_t site; /* of the next request */
    bool overflow; /* more threads or blocks than a trace can have */
} builder_t;

/* time_unit_ns 0: without times. */
void builder_open(builder_t *builder, uint32_t time_unit_ns, bool sited);

/* Of the events that follow; a time before the last one counts as that. */
void builder_set_time(builder_t *builder, uint64_t time);

/* `op`: malloc, calloc or aligned. */
void builder_new(builder_t *builder, uint64_t thread, trace_op_t op, uint64_t address,
                 uint64_t bytes, unsigned align_shift);
void builder_free(builder_t *builder, uint64_t thread, uint64_t address);
void builder_realloc(builder_t *builder, uint64_t thread, uint64_t old_address, uint64_t address,
                     uint64_t bytes);
void builder_thread_ends(builder_t *builder, uint64_t thread);

/* realloc in two steps: between them the old address may be handed out to others. */
uint32_t builder_take(builder_t *builder, uint64_t address);
void builder_put_back(builder_t *builder, uint64_t thread, uint64_t address, uint32_t block);
void builder_moved(builder_t *builder, uint64_t thread, uint64_t address, uint64_t bytes,
                   uint32_t block);
void builder_gone(builder_t *builder, uint64_t thread, uint32_t block);

/* At the event in hand, for sources that say when a thread starts. */
void builder_thread_starts(builder_t *builder, uint64_t thread);

/* Closes a builder whose source proved bad; returns false. */
bool builder_drop(builder_t *builder);

/* Gives the trace away, counted and checked, or false. The builder is closed either way. `what`
 * names the source in messages. */
bool builder_close(builder_t *builder, const char *what, trace_t *out, trace_error_t *error);

#endif
