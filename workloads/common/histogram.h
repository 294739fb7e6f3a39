/*
 * histogram.h - counts of latencies, log-linear.
 *
 * Each power of two is cut into 32 buckets, so a value is known to 3 %; recording is a shift, a
 * count-leading-zeros and an increment. 64-bit values fit. One histogram belongs to one thread and
 * is merged at the end. The idea is HdrHistogram's (Gil Tene); quantiles are the upper edge of the
 * bucket in which they fall, except the maximum, which is exact.
 */
#ifndef WORKLOADS_HISTOGRAM_H
#define WORKLOADS_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_SUB_BITS = 5, HISTOGRAM_BUCKETS = (64 - HISTOGRAM_SUB_BITS + 1) << 5 };

typedef struct histogram {
    uint64_t total;
    uint64_t max;
    uint64_t counts[HISTOGRAM_BUCKETS];
} histogram_t;

static inline unsigned histogram_bucket(uint64_t value) {
    if (value < (1u << HISTOGRAM_SUB_BITS))
        return (unsigned)value;
    unsigned shift = 63u - (unsigned)__builtin_clzll(value) - HISTOGRAM_SUB_BITS;
    return ((shift + 1) << HISTOGRAM_SUB_BITS) +
           (unsigned)((value >> shift) & ((1u << HISTOGRAM_SUB_BITS) - 1));
}

static inline void histogram_add(histogram_t *histogram, uint64_t value) {
    histogram->total++;
    histogram->counts[histogram_bucket(value)]++;
    if (value > histogram->max)
        histogram->max = value;
}

void histogram_merge(histogram_t *into, const histogram_t *from);

/* The smallest recorded value, to a bucket, that is not below the share `quantile` (0 … 1) of all.
 * 0 when nothing was recorded. */
uint64_t histogram_quantile(const histogram_t *histogram, double quantile);

#endif
