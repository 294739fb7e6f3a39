/*
 * published.h - the layout of the file that a process publishes its figures in, for whoever reads
 * it: `hakmem top`, built from the same sources or others. No other header of the allocator.
 *
 * The file is named PUBLISHED_NAME, the inode of the process id's namespace, "-", and the process
 * id, and lies in the first of PUBLISHED_FOLDERS where it could be made. It is the process's as
 * long as that maps it (/proc/PID/maps); otherwise it was left behind.
 *
 * A reader takes `sequence`, the rest, and `sequence` again: the figures are of one publication if
 * it was even and is the same. All numbers are in the machine's byte order.
 */
#ifndef HAK_PUBLISHED_H
#define HAK_PUBLISHED_H

#include <stdint.h>

#define PUBLISHED_NAME    "hakmem-stats-"
#define PUBLISHED_FOLDERS "/dev/shm/", "/tmp/"
#define PUBLISHED_MAGIC   0x7374617473616b68u /* "hkastats", written last */
#define PUBLISHED_LAYOUT  1u                  /* of all that follows; another one is not read */

enum { PUBLISHED_POOLS = 7, PUBLISHED_ROWS = 192, PUBLISHED_TEXT = 64 };
#define PUBLISHED_UNKNOWN UINT64_MAX

/* A class; or the blocks without one, of the pools direct and big. */
typedef struct published_row {
    uint64_t class_bytes; /* 0: blocks without a class */
    uint64_t pool;        /* index of its name */
    uint64_t live_blocks; /* PUBLISHED_UNKNOWN where they are not counted */
    uint64_t live_bytes, requested_bytes, cached_bytes;
    uint64_t threshold, exhaustion, mapfail; /* ACE's failures */
} published_row_t;

typedef struct published {
    uint64_t magic;
    uint32_t layout;
    uint32_t process_id;
    char version[PUBLISHED_TEXT];
    char program[PUBLISHED_TEXT];
    char bypass[PUBLISHED_TEXT]; /* the option by which libc serves; "": hakmem does */
    char pools[PUBLISHED_POOLS][16];
    uint64_t sequence;     /* odd while it is written */
    uint64_t published_ns; /* CLOCK_MONOTONIC */
    uint64_t live_bytes, requested_bytes, cached_bytes, metadata_bytes, mapped_bytes, purged_bytes;
    published_row_t rows[PUBLISHED_ROWS]; /* live_bytes, cached_bytes and failures 0: no such */
} published_t;

#endif
