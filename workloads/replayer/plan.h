/*
 * plan.h - a trace turned into what each thread has to do, ready to be replayed.
 *
 * Each thread of the trace gets a compact list of operations (8 bytes for nearly all, read in
 * order), made before anything is measured. Blocks live in slots. Each *version* of a block (from
 * its malloc or realloc to its next realloc or its free) has one thread that makes it and at most
 * one that ends it:
 *
 *   private slot  both are the same thread: a plain pointer in that thread's own table; the slot is
 *                 used again, last freed first, so the table stays small
 *   shared slot   they differ: an atomic pointer in one table for all, used for one version only.
 *                 The ending thread waits until the making thread has put it there
 *
 * With several threads the plan is cut into epochs of some events of the trace; pace.h keeps the
 * threads within two epochs of each other. Marks stand behind every PLAN_MARK_EVENTS operations of
 * a thread, and behind each that brings what the thread made alive since its last mark to a
 * PLAN_MARK_SHARE of the trace's peak. When a thread passes one it notes the time, and after the
 * run order.h finds from the notes in which order events came, and what was alive when.
 *
 * A plan at recorded speed has waits: the operations behind one may begin no earlier than the
 * original did. Gaps shorter than PLAN_WAIT_NS are not waited for one by one.
 */
#ifndef WORKLOADS_PLAN_H
#define WORKLOADS_PLAN_H

#include "trace/trace.h"

enum {
    PLAN_EPOCH_EVENTS = 2048,
    PLAN_MARK_EVENTS = 64,
    PLAN_MARK_SHARE = 1024,
    PLAN_WAIT_NS = 100000,
    PLAN_AHEAD = 16,   /* items, whose slots are fetched into the caches */
    PLAN_FETCHED = 128 /* items, which are fetched themselves */
};

typedef enum plan_kind {
    PLAN_MALLOC,
    PLAN_CALLOC,
    PLAN_ALIGNED,
    PLAN_REALLOC,
    PLAN_FREE,
    PLAN_LONG,  /* any operation, in the list of long ones: the next of these */
    PLAN_EPOCH, /* no operation, nor are the next: those that follow are of epoch `bytes` */
    PLAN_MARK,  /* the next of the thread's marks is passed */
    PLAN_WAIT,  /* until `ns` from the beginning */
    PLAN_END
} plan_kind_t;

/* An operation is short when it is malloc, calloc, aligned or free, its slot is private, and its
 * numbers fit. */
typedef union plan_item {
    struct {
        uint32_t kind : 4, slot : 28;
        uint32_t bytes; /* asked for; PLAN_FREE: what the block has */
    };
    struct {
        uint32_t : 32;
        uint32_t aligned_bytes : 26, align_shift : 6; /* PLAN_ALIGNED */
    };
    struct {
        uint64_t : 4, ns : 60; /* PLAN_WAIT */
    };
} plan_item_t;

_Static_assert(sizeof(plan_item_t) == 8, "the lists are read at 8 bytes a step");

#define PLAN_SLOTS_MAX         (UINT32_C(1) << 28) /* of short operations */
#define PLAN_ALIGNED_BYTES_MAX (UINT32_C(1) << 26)

typedef struct plan_long {
    uint64_t bytes, old_bytes; /* as in short ones; of the block that realloc takes */
    uint32_t to, from;         /* slots: made, ended */
    uint8_t kind;
    uint8_t align_shift;
    uint8_t to_is_shared, from_is_shared;
} plan_long_t;

/* What an operation that made a block adds to the checksum of the work. */
static inline uint64_t plan_checksum(unsigned kind, uint64_t bytes) {
    return (bytes ^ ((uint64_t)kind << 56)) * UINT64_C(0x9e3779b97f4a7c15);
}

/* Blocks that the trace never frees, by the thread that made their last version. */
typedef struct plan_leftover {
    uint32_t slot; /* private */
    uint64_t bytes;
} plan_leftover_t;

/* What is known of a mark beforehand. */
typedef struct plan_mark {
    uint32_t event; /* of the trace: the thread's last one */
    uint32_t done;  /* operations of the thread up to it */
    int64_t live;   /* bytes that these made alive, less those that they ended */
} plan_mark_t;

typedef struct plan_thread {
    plan_item_t *items; /* the last is PLAN_END; PLAN_FETCHED more are there to be fetched */
    uint64_t item_count, item_room;
    plan_long_t *longs;
    uint64_t long_count, long_room;
    plan_leftover_t *leftovers;
    uint64_t leftover_count;
    plan_mark_t *marks;
    uint64_t mark_count, mark_room;
    uint32_t slot_count;
    uint64_t ops;      /* operations among the items … */
    uint64_t checksum; /* … and of those that make blocks */
} plan_thread_t;

typedef struct plan_options {
    uint32_t epoch_events;
    bool timed; /* with waits; the trace has times */
} plan_options_t;

typedef struct plan {
    plan_options_t options;
    plan_thread_t *threads;
    uint32_t thread_count;
    uint32_t shared_slot_count;
    uint32_t epoch_count;
    uint32_t *epoch_threads; /* by epoch: how many threads have operations in it */
    uint64_t leftover_bytes, peak_live_bytes;
    uint64_t ops;
    uint64_t
        *live; /* with several threads: bytes alive after each operation in the trace's order */
} plan_t;

/* The trace is not needed any more afterwards. */
void plan_make(const trace_t *trace, plan_options_t options, plan_t *out);

#endif
