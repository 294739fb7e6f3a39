/*
 * classes.h - haktrace classes: tables of block sizes for what a file says is alive.
 *
 *   classes.c           the tables of each pool of the allocator that they are for
 *   classes_write.c     as text, JSON, or lines to paste
 *   classes_compare.c   several traces: other ways to choose sizes beside the best table
 */
#ifndef WORKLOADS_HAKTRACE_CLASSES_H
#define WORKLOADS_HAKTRACE_CLASSES_H

#include "classes/program.h"
#include "commands.h"

enum { POOLS_MOST = 2 };

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
    double waste;       /* block less request */
    double tails, idle; /* the ends of slabs, and half a slab a class: bytes in the mean, as waste */
    double live;
} class_parts_t;

/* Opens the problems of a file's sizes under the options; ends the process if nothing is left. */
void study_open(const char *path, const options_t *options, study_t *out);
void study_close(study_t *study);
uint64_t study_wmax(const options_t *options, const class_layout_t *layout);

/* What the classes [first, end) of a table cost, by the sizes themselves. */
class_parts_t study_parts(const study_t *study, const pool_t *pool, const uint32_t *places,
                          uint32_t count, uint32_t first, uint32_t end);

void classes_write(const study_t *study, const char *format);
void classes_compare(const options_t *options);

#endif
