/*
 * stats.h - figures about a trace: what `haktrace stats` prints.
 */
#ifndef WORKLOADS_TRACE_STATS_H
#define WORKLOADS_TRACE_STATS_H

#include "trace/trace.h"

enum { STATS_TOP = 12, STATS_BUCKETS = 65 };

typedef struct size_count {
    uint64_t bytes;
    uint64_t requests;
} size_count_t;

typedef struct site_count {
    uint32_t site;
    uint64_t requests, bytes;
} site_count_t;

typedef struct trace_stats {
    uint64_t ops[TRACE_OPS];
    uint64_t requests;                       /* malloc, calloc, aligned, realloc */
    uint64_t requested_bytes;                /* of all of them together */
    uint64_t mid_requests, mid_bytes;        /* of 32 KiB < size ≤ 64 KiB */
    uint64_t bucket_requests[STATS_BUCKETS]; /* [i]: 2^(i-1) ≤ size < 2^i; [0]: size 0 */
    uint64_t bucket_bytes[STATS_BUCKETS];
    size_count_t top[STATS_TOP]; /* most requested sizes, most first */
    unsigned top_count;
    uint64_t distinct_sizes;
    site_count_t top_sites[STATS_TOP]; /* when the trace has sites: most requests first */
    unsigned top_site_count;
    uint32_t site_count;
    uint64_t uses;            /* reallocs and frees … */
    uint64_t cross_uses;      /* … of blocks that another thread made */
    uint64_t leftover_blocks; /* never freed */
    uint64_t leftover_bytes;
    uint64_t *thread_events; /* by thread */
    uint32_t thread_count;
} trace_stats_t;

void trace_stats_read(const trace_t *trace, trace_stats_t *out);
void trace_stats_free(trace_stats_t *stats);

#endif
