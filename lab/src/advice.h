/*
 * advice.h - what the fresh launches say: which points of which allocator are recommended.
 *
 * A row is a setting against a default beside which it was launched, by speed, by peak memory and
 * by memory at the end, on each part of the workload. Errors are moderated over all rows, and
 * verdicts corrected for all of them and all measures together (stats.h). A gain counts if it is
 * shown on every part, the one that was held out among them.
 *
 *   fastest   shown to be faster. Where it is not also shown to take no more memory than the margin
 *             allows, it says what it trades
 *   leanest   shown to take less memory, at its peak or at the end, and no more of the other;
 *             likewise for speed
 *   balanced  shown to be no worse in any, and better in one
 *
 * A program that lives on is as at the end. What a workload has no figure of decides nothing.
 *
 * Else the advice is to keep the default. A point that is slower in its rare work (pairs.h) by more
 * than the margin counts as one that is not shown to be as fast.
 *
 * The last word compares the defaults and recommended points of all allocators with one default,
 * glibc's where it takes part: what a program has without any of this. In which order they are
 * asked is the search's, by launches that are not those that answer.
 */
#ifndef LAB_ADVICE_H
#define LAB_ADVICE_H

#include "adviser.h"
#include "stats.h"

enum {
    ADVICE_SPEED,
    ADVICE_PEAK,
    ADVICE_END,
    ADVICE_MEASURES
}; /* memory at its peak, at the end */

typedef struct advice_row {
    size_t advised, candidate;
    interval_t ratio[ADVISE_PARTS][ADVICE_MEASURES];
    verdict_t verdict[ADVISE_PARTS][ADVICE_MEASURES];
    double rare; /* by how much more its mean turn is over its typical one; NAN: not in turns */
    size_t failed;
    bool faster, leaner, as_fast, as_lean; /* shown on all parts */
} advice_row_t;

/* Not recommended: why. */
typedef enum advice_reason {
    REASON_NONE,     /* it is recommended */
    REASON_SAME,     /* no setting looked better in the search */
    REASON_NOT_SHOWN /* one did, and fresh launches do not show it */
} advice_reason_t;

typedef struct advice_point {
    advice_reason_t reason;
    const advice_row_t *row; /* REASON_SAME: NULL */
} advice_point_t;

typedef struct advice {
    const adviser_t *adviser;
    advice_row_t *own; /* each nominee over its own default */
    size_t own_count;
    advice_row_t *last; /* each default and nominee over the status quo's default; itself first */
    size_t last_count;
    advice_row_t twin;               /* the first default, a second time, over itself */
    advice_point_t (*points)[GOALS]; /* of each allocator */
    advice_point_t word[GOALS];      /* over all */
} advice_t;

void advice_make(const adviser_t *adviser, advice_t *out);

/* Does a row of `last` belong to a recommended point, or to a default? */
bool advice_in_the_running(const advice_t *advice, const advice_row_t *row);
/* By the estimates on the whole workload: no other of those in the running is faster and leaner. */
bool advice_on_front(const advice_t *advice, const advice_row_t *row);

#endif
