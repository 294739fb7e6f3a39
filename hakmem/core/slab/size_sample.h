/*
 * size_sample.h - which sizes the program asks for, as slow paths see it: a histogram of 128
 * buckets a doubling, from 1 KiB to 2 MiB, that forgets. What HAKMEM_LEARN learns from.
 *
 * It goes by the buckets in use, for most programs have few sizes.
 *
 * While it watches, all requests of the sizes that are watched (box/stakes.h) come by, for the
 * table of the fast path has no row for them, but those that level 1 of hardening serves quickly
 * (harden/quick.h). In between only requests up to 64 KiB are noted whose sizes it did not see in
 * its last eight watches: of others some come by, and would weigh less than they should. They are
 * new until it pauses again. A bucket remembers its largest request exactly, so that a class may
 * fit a size to 16 bytes, however wide the bucket.
 *
 * Threads: figures, written by loads and stores: samples that threads lose to each other are few
 * (as depot_sample). size_sample_age and its readers are called by one thread at a time.
 */
#ifndef HAK_SIZE_SAMPLE_H
#define HAK_SIZE_SAMPLE_H

#include "../base/base.h"

#define SIZE_SAMPLE_LEAST 1024 /* what is larger is sampled, up to LARGE_MAX_SIZE */
enum { SIZE_STEPS = 128, SIZE_BUCKETS = 11 * SIZE_STEPS };
#define SIZE_SAMPLE_ONE 256 /* what a request adds to its bucket, so that ageing can halve it */

typedef struct hak_size_bucket {
    uint32_t weight;            /* of requests, each SIZE_SAMPLE_ONE at first */
    uint32_t most, most_before; /* bytes of the largest, of late and of the time before */
} hak_size_bucket_t;

#define SIZE_SAMPLE_ROWS_MAX (64 * HAK_KIB) /* what was seen is known to 16 bytes up to here */
enum { SIZE_SAMPLE_ROWS = SIZE_SAMPLE_ROWS_MAX / HAK_ALIGNMENT + 1 };

enum { SIZE_SAMPLE_IS_NEW = 128 };
enum { SIZE_SAMPLE_GROUP = 8, SIZE_SAMPLE_GROUPS = SIZE_SAMPLE_ROWS / SIZE_SAMPLE_GROUP + 1 };

extern struct hak_size_samples {
    bool is_on;        /* it watched once; atomic, as all of this */
    bool is_paused;    /* not watching */
    bool has_grown;    /* a class, as size_sample_ask_growth asks */
    uint32_t requests; /* since size_sample_age or size_sample_watch was called last */
    /* In so many watches more; with the bit SIZE_SAMPLE_IS_NEW since one ended. */
    uint8_t seen[SIZE_SAMPLE_GROUPS * SIZE_SAMPLE_GROUP] HAK_ALIGNED(SIZE_SAMPLE_GROUP);
} hak_size_samples HAK_HIDDEN;

void size_sample_note(size_t request_bytes);

static inline bool size_sample_is_watching(void) {
    return HAK_RELAXED(hak_size_samples.is_on) && !HAK_RELAXED(hak_size_samples.is_paused);
}

/* May such a request have to be noted? */
static inline bool size_sample_wants(size_t request_bytes) {
    if (!HAK_RELAXED(hak_size_samples.is_paused)) {
        return true;
    }
    size_t row = (request_bytes + HAK_ALIGNMENT - 1) / HAK_ALIGNMENT;
    return request_bytes > SIZE_SAMPLE_LEAST && request_bytes <= SIZE_SAMPLE_ROWS_MAX &&
           (uint8_t)(HAK_RELAXED(hak_size_samples.seen[row]) - 1) >= SIZE_SAMPLE_IS_NEW - 1;
}

static inline void size_sample(size_t request_bytes) {
    if (HAK_UNLIKELY(HAK_RELAXED(hak_size_samples.is_on)) && size_sample_wants(request_bytes)) {
        size_sample_note(request_bytes);
    }
}

/* Eight rows that lie together; most were not seen. */
typedef uint64_t __attribute__((may_alias)) hak_seen_group_t;
static inline hak_seen_group_t *size_sample_group(size_t row) {
    uint8_t *group = &hak_size_samples.seen[row & ~(size_t)(SIZE_SAMPLE_GROUP - 1)];
    return (hak_seen_group_t *)(void *)group;
}

/* The next row from this one on that was seen; SIZE_SAMPLE_ROWS: none. */
static inline size_t size_sample_next_seen(size_t row) {
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first row is the lowest byte");
    uint64_t skip = row % SIZE_SAMPLE_GROUP * 8;
    for (; row < SIZE_SAMPLE_ROWS; row = (row | (SIZE_SAMPLE_GROUP - 1)) + 1, skip = 0) {
        uint64_t group = HAK_RELAXED(*size_sample_group(row)) >> skip;
        if (group != 0) {
            return row + (unsigned)__builtin_ctzl(group) / 8;
        }
    }
    return SIZE_SAMPLE_ROWS;
}

/* A class that has so many blocks, or more, sets has_grown; 0: none does. */
void size_sample_ask_growth(unsigned class_id, uint32_t blocks);
/* The class's lock is held. */
void size_sample_grown(unsigned class_id, size_t blocks);

/* Begins to watch, and knows no more what it saw eight watches ago or before; ends. One thread at a
 * time. */
void size_sample_watch(void);
void size_sample_pause(void);
static inline uint32_t size_sample_new(void) {
    return HAK_RELAXED(hak_size_samples.requests);
}
/* The next bucket that holds anything, from this one on; SIZE_BUCKETS: none. */
unsigned size_sample_next(unsigned from);
hak_size_bucket_t size_sample_read(unsigned bucket);
/* An eighth of all weights is forgotten, and in eight calls the largest request of a bucket to
 * which no other like it came. */
void size_sample_age(void);

#endif
