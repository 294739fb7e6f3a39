/*
 * averages.h - each other allocator over all workloads: geometric means of its ratios to hakmem.
 *
 * Of the workloads of COMPARE in which every allocator has pairs by every measure, so that all are
 * averaged over the same (one that failed everywhere is left out). The workloads' medians weigh
 * alike. The interval (stats.h) is that of the measurement: it does not say how another choice of
 * workloads would have come out.
 */
#ifndef LAB_AVERAGES_H
#define LAB_AVERAGES_H

#include "analysis.h"

typedef struct average {
    const char *allocator;
    size_t workloads;           /* that it has pairs in, by throughput */
    interval_t ratio[MEASURES]; /* allocator over hakmem */
    bool on_front;              /* no other is both faster and leaner */
} average_t;

typedef struct averages {
    average_t *items; /* hakmem first, whose ratios are 1, and its A/A twin; then as in the table of
                         allocators */
    size_t count;     /* 0: no other allocator took part, or no workload is common */
} averages_t;

void averages_make(const analysis_t *analysis, averages_t *out);

#endif
