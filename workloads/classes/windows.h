/*
 * windows.h - the sizes of a trace by windows of its time, for tables that change while it runs.
 *
 * The time, in operations or in microseconds as in sizes.h, is cut into windows of equal length. A
 * block weighs in each window as long as it lives there, and needs a class in the one where it is
 * born even if it dies at once; so the weights of a size in all windows add up to its weight in the
 * trace. What is kept is a row for each size and window in which it is alive.
 */
#ifndef WORKLOADS_CLASSES_WINDOWS_H
#define WORKLOADS_CLASSES_WINDOWS_H

#include "classes/sizes.h"

/* clang, the longest trace shipped, takes 2 s with as many; the work grows with the square. */
enum { WINDOWS_MOST = 64 };

typedef struct windows {
    sizes_t sizes[WINDOWS_MOST];
    double edges[WINDOWS_MOST + 1];    /* in time; window k is [k] … [k + 1] */
    uint64_t events[WINDOWS_MOST + 1]; /* the first at or behind the edge */
    unsigned count; /* fewer where there are not as many operations, or no time */
} windows_t;

/* Of the sizes from `low` to `high`. */
void windows_of_trace(const trace_t *trace, unsigned most, uint64_t low, uint64_t high,
                      windows_t *out);
void windows_close(windows_t *windows);

/* The sizes of a run of windows [first, end); give back with sizes_close. */
void windows_join(const windows_t *windows, unsigned first, unsigned end, sizes_t *out);
/* Adds those of window `end` to a run that ends there. */
void windows_extend(const windows_t *windows, unsigned end, sizes_t *run);

#endif
