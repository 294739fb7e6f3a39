/*
 * raw.h - what the recorder writes while a program runs; hakrec turns it into a trace.
 *
 * A raw file is a raw_header_t and then segments of RAW_SEGMENT_BYTES. A *lane* is written by one
 * thread at a time (when that ends, the next new thread goes on with it). It has one segment that
 * is mapped from the file, so whatever kills the program, what it recorded is in the file. When
 * that is full it is copied behind all others, and begins again with the next sequence number. A
 * segment is a raw_segment_t and records of record_words words each; the first record whose stamp
 * is 0 is its end. Of two segments with one number (the program was killed in between) one is left
 * out.
 *
 * Stamps. Events of several threads are ordered by reading a clock that all processors share (the
 * invariant time stamp counter, or CLOCK_MONOTONIC where there is none): no thread waits for
 * another, and none writes to memory that another reads. An address may be handed out again the
 * moment it was freed. So an event that gives memory back takes its stamp before the allocator is
 * called, and one that obtains memory takes it after: then free(A) always stands before the malloc
 * that returned A again, whichever threads they were on. realloc does both, and has two records.
 *
 * Private to one machine and one version of the recorder: native byte order.
 */
#ifndef WORKLOADS_RAW_H
#define WORKLOADS_RAW_H

#include <stdint.h>

typedef enum raw_op {
    RAW_MALLOC,
    RAW_CALLOC,
    RAW_ALIGNED,
    RAW_FREE,
    RAW_REALLOC_BEGIN, /* address: the block as it was */
    RAW_REALLOC_END,   /* address: the block as it is, 0 when realloc failed */
    RAW_THREAD_START,  /* bytes: the number of the thread that has the lane from here on */
    RAW_THREAD_EXIT,
    RAW_OPS
} raw_op_t;

/* A record: stamp, place, bytes, and where sites were asked for the site. The stamp is written
 * last. `place` is the address in 48 bits, then the operation, then the alignment's log2. */
enum { RAW_STAMP, RAW_PLACE, RAW_BYTES, RAW_SITE, RAW_WORDS_PLAIN = 3, RAW_WORDS_SITES = 4 };
enum { RAW_OP_SHIFT = 48, RAW_ALIGN_SHIFT = 56 };

static inline uint64_t raw_place(uint64_t address, raw_op_t op, unsigned align_shift) {
    return (address & ((UINT64_C(1) << RAW_OP_SHIFT) - 1)) | (uint64_t)op << RAW_OP_SHIFT |
           (uint64_t)align_shift << RAW_ALIGN_SHIFT;
}

enum { RAW_TEXT_BYTES = 4096, RAW_SEGMENT_BYTES = 64 * 1024 };

typedef enum raw_clock { RAW_CLOCK_NS, RAW_CLOCK_TSC } raw_clock_t;

typedef struct raw_header {
    char magic[8];
    uint32_t record_words;
    uint32_t clock;       /* raw_clock_t */
    uint64_t start_stamp; /* both clocks at the same moment, from which the counter's rate … */
    uint64_t start_ns;    /* … is found when the file is converted (CLOCK_MONOTONIC_RAW) */
    int32_t process;
    uint32_t programs_before; /* that this process was, one by exec after another */
    uint32_t children;        /* programs started by processes that are not recorded */
    char program[RAW_TEXT_BYTES - 44];
    char command[RAW_TEXT_BYTES];   /* words separated by blanks, cut when too long */
    char allocator[RAW_TEXT_BYTES]; /* the object whose malloc served the program */
    char became[RAW_TEXT_BYTES];    /* the program for which exec was called; "": none */
} raw_header_t;

_Static_assert(sizeof(raw_header_t) == 4 * RAW_TEXT_BYTES, "segments begin at a page");

typedef struct raw_segment {
    uint32_t magic;
    uint32_t lane;
    uint32_t thread;   /* that has the lane where the segment begins */
    uint32_t sequence; /* in the lane */
} raw_segment_t;

#define RAW_MAGIC         "HAKRAW3"
#define RAW_SEGMENT_MAGIC UINT32_C(0x67657372)

static inline uint64_t raw_segment_records(uint32_t record_words) {
    return (RAW_SEGMENT_BYTES - sizeof(raw_segment_t)) / (8 * record_words);
}

/* The environment by which hakrec talks to libhakrec.so, and a program to the one that it becomes
 * by exec. */
#define RAW_ENV_PREFIX  "HAKREC_"
#define RAW_ENV_FILE    "HAKREC_RAW"     /* the raw file of the recorded process */
#define RAW_ENV_FOLLOW  "HAKREC_FOLLOW"  /* "fork", "exec" or "all": children too, FILE.<pid> */
#define RAW_ENV_PRELOAD "HAKREC_PRELOAD" /* LD_PRELOAD as it was, for children */
#define RAW_ENV_LIMIT   "HAKREC_LIMIT"   /* stop after so many records */
#define RAW_ENV_FIRST   "HAKREC_FIRST"   /* the process whose file is named without a number */
#define RAW_ENV_BEFORE  "HAKREC_BEFORE"  /* PROCESS:COUNT, programs that it was before */
#define RAW_ENV_SITES   "HAKREC_SITES"   /* "1": with call sites */

#endif
