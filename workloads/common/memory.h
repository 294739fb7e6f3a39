/*
 * memory.h - a run for memory: where it went, and when it came back.
 *
 * With --memory a driver also asks the allocator, by the interface that it offers, what it holds:
 * before the workload's first allocation, with the live set alive, when all was freed, and 5 s
 * later. It notes when each part of the run began (CLOCK_MONOTONIC), so that somebody who reads the
 * resident set from outside (the lab, every 5 ms) can tell the parts; and it stays for 5 s after
 * the drain and reads the resident set at 0.1, 1 and 5 s. When the work is over it says
 * MEMORY_DONE_LINE on stdout: what follows is rest, beside which another run may go on.
 *
 * What the interfaces mean differs, and what one does not tell is null:
 *   hakmem     hak_memory_read; in use: whole classes
 *   jemalloc   mallctl stats; free: active pages without blocks, and dirty and muzzy ones
 *   tcmalloc   MallocExtension_GetNumericProperty; metadata: physical less heap
 *   mimalloc   mi_heap_visit_blocks, of the main thread's heap only, so null with more threads
 *   glibc      mallinfo2; blocks in per-thread caches count as in use, headers of blocks too
 */
#ifndef WORKLOADS_MEMORY_H
#define WORKLOADS_MEMORY_H

#include "common/buffer.h"

#include <stdbool.h>
#include <stdint.h>

enum { MEMORY_DRAIN_FIRST_MS = 100, MEMORY_DRAIN_READINGS = 3 };

#define MEMORY_DONE_LINE "memory: all freed, resting\n"
#define MEMORY_HELP      "ask the allocator what it holds, and watch 5 s of rest after the drain"

typedef enum memory_point {
    MEMORY_BASE,
    MEMORY_START, /* of the timed part: time only */
    MEMORY_END,   /* likewise */
    MEMORY_STEADY,
    MEMORY_DRAINED,
    MEMORY_RESTED,
    MEMORY_POINTS
} memory_point_t;

/* What the allocator says; -1: it does not tell. */
typedef struct memory_inside {
    int64_t in_use_bytes, free_bytes, metadata_bytes, mapped_bytes;
} memory_inside_t;

typedef struct memory_log {
    bool taken;
    const char *source; /* the interface; NULL: none is known */
    uint64_t clock_ns[MEMORY_POINTS];
    memory_inside_t inside[MEMORY_POINTS];
    int64_t drain_bytes[MEMORY_DRAIN_READINGS]; /* resident less base at 0.1, 1 and 5 s */
} memory_log_t;

/* Set by --memory; nothing below does anything without. */
extern bool memory_wanted;

/* Asks the allocator; the interface, NULL: none is known. */
const char *memory_ask(memory_inside_t *out);
/* The members of a JSON object, null for what is not known. */
void memory_write_inside(const memory_inside_t *inside, buffer_t *text);

/* By the main thread, while the others wait. */
void memory_note(memory_log_t *log, memory_point_t point);
/* From MEMORY_DRAIN_FIRST_MS after the drain on, when `first_bytes` were resident beyond `base`. */
void memory_watch_drain(memory_log_t *log, int64_t base, int64_t first_bytes);

void memory_write_json(const memory_log_t *log, buffer_t *text);
void memory_write_summary(const memory_log_t *log, buffer_t *text);

#endif
