/*
 * trace.h - allocation traces: what is in one, and how it is loaded and saved.
 *
 * A trace is the ordered list of everything that a program asked of its allocator. Blocks are
 * numbered in the order in which they were made, so a trace holds no addresses. The file format is
 * described in workloads/FORMAT.md; trace_load accepts it plain or compressed by zstd, and checks
 * everything it can: lengths, checksums, and that each block is used between its making and its
 * free.
 *
 * Memory comes from the arena (common/arena.h), that of zstd too: loading a trace leaves the heap
 * under test as it was. A trace_t belongs to one thread.
 */
#ifndef WORKLOADS_TRACE_H
#define WORKLOADS_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The values are part of the format. */
typedef enum trace_op {
    TRACE_MALLOC = 0,
    TRACE_CALLOC = 1,
    TRACE_REALLOC = 2, /* of a live block, to a size > 0; the block keeps its number */
    TRACE_ALIGNED = 3, /* aligned_alloc, memalign, posix_memalign, valloc, pvalloc */
    TRACE_FREE = 4,
    TRACE_THREAD_START = 5,
    TRACE_THREAD_EXIT = 6,
    TRACE_OPS
} trace_op_t;

static inline bool trace_op_makes_block(trace_op_t op) {
    return op == TRACE_MALLOC || op == TRACE_CALLOC || op == TRACE_ALIGNED;
}

static inline bool trace_op_has_size(trace_op_t op) {
    return trace_op_makes_block(op) || op == TRACE_REALLOC;
}

static inline bool trace_op_uses_block(trace_op_t op) {
    return op == TRACE_REALLOC || op == TRACE_FREE;
}

const char *trace_op_name(trace_op_t op);

typedef struct trace_event {
    uint64_t bytes;
    uint32_t block;
    uint32_t thread : 24;
    uint32_t op : 3;
    uint32_t align_shift : 5; /* TRACE_ALIGNED: the alignment is 1 << align_shift … */
} trace_event_t;

/* A trace is saved in the oldest version that can hold it. */
enum { TRACE_VERSION_PLAIN = 1, TRACE_VERSION_TIMED = 2, TRACE_VERSION = 2 };
enum { TRACE_THREADS_MAX = 1 << 16, TRACE_ALIGN_SHIFT_MAX = 31 };
#define TRACE_EVENTS_MAX (UINT64_C(1) << 31)

typedef struct trace {
    trace_event_t *events;
    uint64_t *times; /* by event, in units since the record began, never falling; NULL: not known */
    uint32_t *sites; /* by event, call sites of those that have a size; NULL: not known */
    uint64_t event_count;
    uint32_t time_unit_ns; /* of `times` */
    uint64_t block_count;
    uint32_t thread_count;
    uint64_t peak_live_bytes, peak_live_blocks;
    uint64_t peak_event;    /* behind it peak_live_bytes are alive, for the first time */
    uint64_t unknown_frees; /* frees and reallocs of blocks made before the recorder; not events */
    uint64_t lost_frees;    /* frees put in by the converter where the record had a gap */
    char *program, *command, *allocator;
    size_t program_bytes, command_bytes, allocator_bytes; /* with the final NUL */
    uint32_t crc; /* of the whole uncompressed file: names the trace in results */
} trace_t;

typedef struct trace_error {
    char text[512];
} trace_error_t;

/* Writes "<what>: <message>" into `error`; returns false, for `return trace_fault(…)`. */
bool trace_fault(trace_error_t *error, const char *what, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* false and a message that names the file on any fault; nothing is left to free then. */
bool trace_load(const char *path, trace_t *out, trace_error_t *error);

/* Writes `trace` (compressed unless the name ends in .hakt), by way of a temporary file, so that
 * `path` is whole or not there. It is checked first (trace_count). */
bool trace_save(const char *path, const trace_t *trace, trace_error_t *error);

/* The version in which it would be saved. */
static inline int trace_version(const trace_t *trace) {
    return trace->times != NULL || trace->sites != NULL ? TRACE_VERSION_TIMED : TRACE_VERSION_PLAIN;
}

/* Room for `count` events, with times and sites as asked for; counts and texts are empty. */
trace_t trace_open(uint64_t count, bool timed, bool sited);

/* Times of another tool, in ns: from the first event on when `from_zero`, and kept in whole
 * microseconds when they are such, which makes the file smaller. */
void trace_settle_times(trace_t *trace, bool from_zero);
void trace_drop_times(trace_t *trace);

/* Times become whole units of so many ns, what is beyond is cut off: the longer the unit, the
 * smaller the file. Of a unit that is no longer than the present one, nothing changes. */
void trace_coarsen_times(trace_t *trace, uint32_t unit_ns);

/* The events [0, count) become all there are. */
void trace_cut_to(trace_t *trace, uint64_t count);

/* Counts blocks, threads and peaks from the events, and puts them into the trace. */
bool trace_count(trace_t *trace, trace_error_t *error);

void trace_unload(trace_t *trace);

/* Replaces a text of the trace. */
void trace_set_text(char **text, size_t *text_bytes, const char *value);

#endif
