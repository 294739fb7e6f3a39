/*
 * envelope.h - the lower envelope of straight lines c - x m, for lines added by ascending m.
 *
 * Whole numbers; products are exact in 128 bits. Of lines that are lowest nowhere none is kept, so
 * along the kept ones the value at an x falls, and then rises: a search begins at the line that was
 * lowest before, and doubles its steps.
 */
#ifndef WORKLOADS_CLASSES_ENVELOPE_H
#define WORKLOADS_CLASSES_ENVELOPE_H

#include <stdint.h>

typedef struct envelope_line {
    int64_t c, m;
    uint32_t name;
} envelope_line_t;

typedef struct envelope {
    envelope_line_t *lines; /* room for as many as are added */
    uint32_t count, last;   /* where the search begins */
    uint64_t looks;
} envelope_t;

/* Is `middle` nowhere below the other two? By ascending m. */
static inline int envelope_is_idle(const envelope_line_t *left, const envelope_line_t *middle,
                                   const envelope_line_t *right) {
    return (__int128)(right->c - left->c) * (middle->m - left->m) <=
           (__int128)(middle->c - left->c) * (right->m - left->m);
}

static inline void envelope_add(envelope_t *envelope, int64_t c, int64_t m, uint32_t name) {
    envelope_line_t line = {c, m, name};
    envelope_line_t *lines = envelope->lines;
    uint32_t count = envelope->count;
    envelope->looks++;
    if (count > 0 && lines[count - 1].m == m) {
        if (lines[count - 1].c <= c)
            return;
        count--;
    }
    while (count > 1 && envelope_is_idle(&lines[count - 2], &lines[count - 1], &line)) {
        envelope->looks++;
        count--;
    }
    lines[count++] = line;
    envelope->count = count;
}

static inline int64_t envelope_value(const envelope_line_t *line, int64_t x) {
    return line->c - x * line->m;
}

/* Is the line behind `at` lower there? */
static inline int envelope_falls(envelope_t *envelope, uint32_t at, int64_t x) {
    envelope->looks++;
    return envelope_value(&envelope->lines[at + 1], x) < envelope_value(&envelope->lines[at], x);
}

/* The lowest line at x; there is one at least. */
static inline const envelope_line_t *envelope_lowest(envelope_t *envelope, int64_t x) {
    uint32_t top = envelope->count - 1, low = envelope->last < top ? envelope->last : top;
    uint32_t high = low, step = 1;
    if (low < top && envelope_falls(envelope, low, x)) {
        for (high = ++low; high < top && envelope_falls(envelope, high, x); step *= 2) {
            low = high + 1;
            high = top - high > step ? high + step : top;
        }
    } else {
        while (low > 0 && !envelope_falls(envelope, low - 1, x)) {
            high = low - 1;
            low = high > step ? high - step : 0;
            step *= 2;
        }
    }
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (envelope_falls(envelope, middle, x))
            low = middle + 1;
        else
            high = middle;
    }
    envelope->last = low;
    return &envelope->lines[low];
}

#endif
