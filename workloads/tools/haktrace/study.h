/*
 * study.h - the sizes of a file, and the pools of the allocator whose block sizes they decide.
 */
#ifndef WORKLOADS_HAKTRACE_STUDY_H
#define WORKLOADS_HAKTRACE_STUDY_H

#include "classes/share.h"
#include "commands.h"

typedef struct pool {
    const class_layout_t *layout;
    class_problem_t problem; /* count 0: it has no sizes, and the others mean nothing */
    class_table_t table;
    /* What is written: the table's blocks, and outside --range the built-in ones. */
    uint64_t blocks[TABLE_MOST];
    unsigned block_count;
} pool_t;

typedef struct study {
    const char *path;
    sizes_t sizes;
    pool_t pools[POOLS_MOST];
    unsigned pool_count;
    bool has_low_mid; /* hakmem's mid pool begins at 1025 bytes */
    bool says_wmax;   /* the bound is the user's, and belongs to the lines */
} study_t;

typedef struct class_parts {
    /* Bytes in the mean over time: blocks less requests, the ends of slabs, half a slab a class. */
    double waste, tails, idle;
    double live; /* as requested */
} class_parts_t;

/* Opens the problems of a file's sizes under the options; ends the process if nothing is left. */
void study_open(const char *path, const options_t *options, study_t *out);
/* The same of sizes that are given, which become the study's; it may be without any in its pools.
 */
void study_of_sizes(const char *path, const options_t *options, const sizes_t *sizes, study_t *out);
void study_check(const study_t *study, const options_t *options);
void study_close(study_t *study);
/* The pools are hakmem's, not another's. */
bool study_is_hakmem(const options_t *options);
/* The pools as share.h takes them. */
void study_share(const study_t *study, share_pool_t *out);
uint64_t study_wmax(const options_t *options, const class_layout_t *layout);

/* What the classes [first, end) of a table cost, by the sizes themselves. */
class_parts_t study_parts(const study_t *study, const pool_t *pool, const uint32_t *places,
                          uint32_t count, uint32_t first, uint32_t end);

#endif
