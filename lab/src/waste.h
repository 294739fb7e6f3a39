/*
 * waste.h - what blocks cost beyond their size: the records of bin/waste, and means over sizes.
 *
 * waste.jsonl holds a line per allocator, appended and never edited
 * (session.c); a measurement that failed is a line with its status. Waste is what a block has, or
 * touches, over what was asked for, less 1.
 *
 * Means are over all whole sizes of a range, each weighted by its reciprocal: every doubling of the
 * range counts alike, as on a logarithmic axis. Usable bytes are known of each size. A size whose
 * touched bytes were measured stands for those up to the next one.
 */
#ifndef LAB_WASTE_H
#define LAB_WASTE_H

#include "launch.h"
#include "plan.h"

#include <jansson.h>
#include <stddef.h>

typedef struct waste_class {
    size_t first, last; /* requests */
    size_t usable_bytes;
} waste_class_t;

typedef struct waste_reading {
    size_t request;
    double touched_bytes; /* per block */
} waste_reading_t;

typedef struct waste {
    char *allocator, *status;
    waste_class_t *classes;
    size_t class_count;
    waste_reading_t *readings;
    size_t reading_count;
    double elapsed_s; /* of its process */
} waste_t;

typedef struct waste_list {
    waste_t *items; /* in the order of the file */
    size_t count;
    size_t failed; /* whose status is not "ok" */
} waste_list_t;

typedef struct waste_range {
    const char *name;
    size_t from, to; /* both included */
} waste_range_t;

enum { WASTE_RANGES = 4 };
extern const waste_range_t waste_ranges[WASTE_RANGES];

/* The record of one measurement; `result`, its JSON, may be NULL. */
json_t *waste_record(const allocator_t *allocator, const outcome_t *outcome, const json_t *result,
                     const json_t *settings);
void waste_load(const char *path, waste_list_t *out); /* an absent file: none */
bool waste_has(const waste_list_t *list, const char *allocator);

/* NAN where no size of the range was measured. */
double waste_usable_mean(const waste_t *waste, const waste_range_t *range);
double waste_touched_mean(const waste_t *waste, const waste_range_t *range);

#endif
