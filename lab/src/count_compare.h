/*
 * count_compare.h - a run of counts against an earlier one, row by row.
 *
 * Judged are the allocator's instructions, page faults and system calls, the latter two of the
 * first and of the further operations. A count is worse when it is above the earlier one by more
 * than
 *
 *   the margin, in per cent of the earlier one (for a row that is approximate in either run at
 *     least COUNT_APPROXIMATE_PERCENT)
 *   + what the repetitions of both runs differ by among themselves
 *   + for faults and calls: one in ten thousand operations, below which they cost less than an
 *     instruction per operation, and a single one would be a large part of few
 */
#ifndef LAB_COUNT_COMPARE_H
#define LAB_COUNT_COMPARE_H

#include "count.h"

enum { COUNT_APPROXIMATE_PERCENT = 10 };

typedef struct count_pair {
    const count_row_t *old, *new; /* NULL: not in that run */
    const char *left_out;         /* why it is not compared; NULL: it is */
    bool judged[COUNT_MEASURES], worse[COUNT_MEASURES];
    bool any_worse;
} count_pair_t;

typedef struct count_comparison {
    const count_run_t *old, *new;
    double margin; /* per cent */
    count_pair_t *pairs;
    size_t count, compared, worse;
} count_comparison_t;

void count_compare(const count_run_t *old, const count_run_t *new, double margin,
                   count_comparison_t *out);
void count_compare_print(FILE *out, const count_comparison_t *comparison);
json_t *count_compare_json(const count_comparison_t *comparison);
/* Compares, prints: 1 where something is worse, or nothing could be compared. */
int count_compare_runs(const char *old_folder, const char *new_folder, const options_t *options);

#endif
