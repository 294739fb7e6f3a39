/*
 * least.h - how much of what lies idle was not needed for a whole interval: the least that there
 * was of it at any time of that (the working-set rule; Bonwick & Adams, 2001).
 *
 * An interval is LEAST_PARTS parts, and what is due is asked for at the end of each. So what is not
 * needed is due after one to one and a sixteenth of it, and costs at most 2.07 times as much as by
 * somebody who knows the future, where lying idle for an interval costs as much as being faulted in
 * again. If nobody asks for longer, the part that runs stands for all that passed.
 *
 * Growth of the heap is a clock of its own: beside the interval, what was not needed since the last
 * look of that kind.
 *
 * Levels are of one unit, the caller's. Not thread-safe.
 */
#ifndef HAK_LEAST_H
#define HAK_LEAST_H

#include "base.h"

enum { LEAST_PARTS = 16 };

/* Begins as all zero. */
typedef struct hak_least {
    size_t now;               /* of the part that runs */
    size_t grown;             /* since the heap grew */
    size_t past[LEAST_PARTS]; /* of the parts before, the newest first */
} hak_least_t;

/* What asks: so many parts that have passed since it was last asked for, or one of these. */
enum { LEAST_GROWTH = 0, LEAST_ALL = LEAST_PARTS + 1 };

static inline void least_note(hak_least_t *least, size_t level) {
    least->now = hak_min(least->now, level);
    least->grown = hak_min(least->grown, level);
}

static inline size_t least_of_interval(hak_least_t *least, unsigned passed) {
    size_t due = SIZE_MAX;
    for (unsigned i = LEAST_PARTS; i-- > 0;) {
        least->past[i] = i >= passed ? least->past[i - passed] : least->now;
        due = hak_min(due, least->past[i]);
    }
    return due;
}

static inline size_t least_without(size_t level, size_t gone) {
    return level - hak_min(level, gone);
}

/* What is due of `level`, and counted as gone from now on. */
static inline size_t least_due(hak_least_t *least, size_t level, unsigned passed) {
    size_t due = passed == LEAST_ALL      ? level
                 : passed == LEAST_GROWTH ? least->grown
                                          : least_of_interval(least, passed);
    due = hak_min(due, level);
    for (unsigned i = 0; i < LEAST_PARTS; i++) {
        least->past[i] = least_without(least->past[i], due);
    }
    least->grown = passed == LEAST_GROWTH ? level - due : least_without(least->grown, due);
    least->now = passed == LEAST_GROWTH ? least_without(least->now, due) : level - due;
    return due;
}

#endif
