/*
 * histogram.c - merging and quantiles; see histogram.h.
 */
#include "common/histogram.h"

#include <math.h>

void histogram_merge(histogram_t *into, const histogram_t *from) {
    into->total += from->total;
    if (from->max > into->max)
        into->max = from->max;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        into->counts[i] += from->counts[i];
}

static uint64_t upper_edge(unsigned bucket) {
    unsigned row = bucket >> HISTOGRAM_SUB_BITS;
    uint64_t column = bucket & ((1u << HISTOGRAM_SUB_BITS) - 1);
    if (row == 0)
        return column;
    uint64_t low = ((UINT64_C(1) << HISTOGRAM_SUB_BITS) + column) << (row - 1);
    return low + ((UINT64_C(1) << (row - 1)) - 1);
}

uint64_t histogram_quantile(const histogram_t *histogram, double quantile) {
    uint64_t rank = (uint64_t)ceil(quantile * (double)histogram->total);
    uint64_t seen = 0;
    if (rank == 0)
        rank = 1;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->counts[i];
        if (seen >= rank) {
            uint64_t edge = upper_edge(i);
            return edge < histogram->max ? edge : histogram->max;
        }
    }
    return histogram->max;
}
