/*
 * raw.h - what the recorder writes while a program runs; hakrec turns it into a trace.
 *
 * A raw file is a raw_header_t and then batches, each one write(2) with O_APPEND: a raw_batch_t and
 * its records. Batches of several threads stand in any order; `ticket` gives the order of events. A
 * program that was killed leaves a file whose last batch may be cut, all before it is good.
 *
 * Tickets. An address may be handed out again the moment it was freed. So an event that gives
 * memory back takes its ticket before the allocator is called, and one that obtains memory takes it
 * after: then free(A) always stands before the malloc that returned A again, whichever threads they
 * were on. realloc does both, and has two records.
 *
 * Private to one machine and one version of the recorder: native byte order, no version.
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
    RAW_THREAD_START,
    RAW_THREAD_EXIT
} raw_op_t;

typedef struct raw_record {
    uint64_t ticket;
    uint64_t address;
    uint64_t bytes;
    uint32_t thread;
    uint8_t op;
    uint8_t align_shift;
    uint16_t unused;
} raw_record_t;

enum { RAW_TEXT_BYTES = 4096, RAW_BATCH_RECORDS = 1024 };

typedef struct raw_header {
    char magic[8];
    char program[RAW_TEXT_BYTES];
    char command[RAW_TEXT_BYTES];   /* words separated by blanks, cut when too long */
    char allocator[RAW_TEXT_BYTES]; /* the object whose malloc served the program */
} raw_header_t;

typedef struct raw_batch {
    char magic[4];
    uint32_t count;
} raw_batch_t;

#define RAW_MAGIC       "HAKRAW1"
#define RAW_BATCH_MAGIC "rawb"

/* The environment by which hakrec talks to libhakrec.so. */
#define RAW_ENV_FILE    "HAKREC_RAW"     /* the raw file of the recorded process */
#define RAW_ENV_FOLLOW  "HAKREC_FOLLOW"  /* "1": children are recorded too, into FILE.<pid> */
#define RAW_ENV_PRELOAD "HAKREC_PRELOAD" /* LD_PRELOAD as it was, for children */
#define RAW_ENV_LIMIT   "HAKREC_LIMIT"   /* stop after so many records */

#endif
