/*
 * sizes.h - which sizes a program keeps in memory, and how much of each: what a class table is made
 * for.
 *
 * The weight of a size is its live blocks times the time that they lived, not the number of
 * requests: waste that is held for an hour costs more than waste that is freed at once. From a
 * trace with times it is in microseconds, from one without in operations; a snapshot has no time,
 * and a weight is a number of live blocks. So weight x bytes / time is bytes in the mean.
 */
#ifndef WORKLOADS_CLASSES_SIZES_H
#define WORKLOADS_CLASSES_SIZES_H

#include "trace/trace.h"

typedef enum sizes_unit { SIZES_OPERATIONS, SIZES_MICROSECONDS, SIZES_SNAPSHOT } sizes_unit_t;

typedef struct size_row {
    uint64_t bytes;
    double weight;
} size_row_t;

typedef struct sizes {
    size_row_t *rows; /* by size, each once, after sizes_settle */
    uint64_t count, room;
    double time; /* that all of it took; a snapshot: 1 */
    sizes_unit_t unit;
} sizes_t;

void sizes_open(sizes_t *sizes, sizes_unit_t unit, double time);
/* A size of 0 counts as 1. A weight of 0, of blocks that died at once, needs a class all the same.
 */
void sizes_add(sizes_t *sizes, uint64_t bytes, double weight);
/* Sorts, and adds up what is of one size. */
void sizes_settle(sizes_t *sizes);
void sizes_close(sizes_t *sizes);

/* The time of an event in the unit, since the record began, and the bytes that a request counts as.
 */
double sizes_time_at(const trace_t *trace, uint64_t event);
uint64_t sizes_of_event(const trace_event_t *event);

/* What a trace keeps. A realloc ends the old size and begins the new one. A request for alignment
 * counts as rounded up to it (a page at most), as an allocator has to. */
void sizes_of_trace(const trace_t *trace, sizes_t *out);

/* The same at the moment when most bytes are alive: blocks, as in a snapshot. Sizes that are not
 * alive then have no weight. */
void sizes_of_peak(const trace_t *trace, sizes_t *out);

/* "bytes x operations", … */
const char *sizes_unit_name(sizes_unit_t unit);

#endif
