/*
 * stats.c - see stats.h.
 *
 * Exact counts by size: the sizes of all requests are sorted, equal ones stand together, and the
 * most frequent runs are kept by insertion into a list of STATS_TOP.
 */
#include "trace/stats.h"

#include "common/arena.h"
#include "trace/sites.h"

#include <stdlib.h>
#include <string.h>

enum { MID_LOW = 32 * 1024, MID_HIGH = 64 * 1024 };

static int by_value(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void count_request(trace_stats_t *stats, uint64_t bytes) {
    unsigned bucket = bytes == 0 ? 0 : 64 - (unsigned)__builtin_clzll(bytes);
    stats->bucket_requests[bucket]++;
    stats->bucket_bytes[bucket] += bytes;
    stats->requests++;
    stats->requested_bytes += bytes;
    if (bytes > MID_LOW && bytes <= MID_HIGH) {
        stats->mid_requests++;
        stats->mid_bytes += bytes;
    }
}

/* Equal counts: the smaller size first, as they come in. */
static void offer_top(trace_stats_t *stats, size_count_t size) {
    unsigned at = stats->top_count;
    while (at > 0 && stats->top[at - 1].requests < size.requests)
        at--;
    if (at == STATS_TOP)
        return;
    if (stats->top_count < STATS_TOP)
        stats->top_count++;
    memmove(&stats->top[at + 1], &stats->top[at],
            (stats->top_count - 1 - at) * sizeof stats->top[0]);
    stats->top[at] = size;
}

static void count_sizes(trace_stats_t *stats, uint64_t *sizes) {
    qsort(sizes, stats->requests, sizeof *sizes, by_value);
    for (uint64_t at = 0; at < stats->requests;) {
        size_count_t size = {.bytes = sizes[at]};
        while (at < stats->requests && sizes[at] == size.bytes) {
            size.requests++;
            at++;
        }
        stats->distinct_sizes++;
        offer_top(stats, size);
    }
}

static int by_requests(const void *a, const void *b) {
    const site_count_t *x = a, *y = b;
    return (x->requests < y->requests) - (x->requests > y->requests);
}

static void count_sites(const trace_t *trace, trace_stats_t *out) {
    site_table_t table;
    site_count_t *counts = arena_alloc(out->requests, sizeof *counts);
    site_table_open(&table);
    for (uint64_t i = 0; i < trace->event_count; i++) {
        if (!trace_op_has_size(trace->events[i].op))
            continue;
        site_count_t *count = &counts[site_table_place(&table, trace->sites[i])];
        count->site = trace->sites[i];
        count->requests++;
        count->bytes += trace->events[i].bytes;
    }
    qsort(counts, table.count, sizeof *counts, by_requests);
    out->site_count = table.count;
    out->top_site_count = table.count < STATS_TOP ? table.count : STATS_TOP;
    memcpy(out->top_sites, counts, out->top_site_count * sizeof *counts);
    arena_free(counts, out->requests, sizeof *counts);
    site_table_close(&table);
}

typedef struct owner {
    uint64_t bytes;
    uint32_t thread;
    bool is_live;
} owner_t;

static void count_event(trace_stats_t *stats, const trace_event_t *event, owner_t *owners) {
    stats->ops[event->op]++;
    stats->thread_events[event->thread]++;
    if (trace_op_uses_block(event->op)) {
        stats->uses++;
        stats->cross_uses += owners[event->block].thread != event->thread;
        owners[event->block].is_live = false;
    }
    if (trace_op_has_size(event->op)) {
        count_request(stats, event->bytes);
        owners[event->block] =
            (owner_t){.bytes = event->bytes, .thread = event->thread, .is_live = true};
    }
}

void trace_stats_read(const trace_t *trace, trace_stats_t *out) {
    owner_t *owners = arena_alloc(trace->block_count, sizeof *owners);
    uint64_t *sizes = arena_alloc(trace->event_count, sizeof *sizes);
    memset(out, 0, sizeof *out);
    out->thread_count = trace->thread_count;
    out->thread_events = arena_alloc(trace->thread_count, sizeof *out->thread_events);
    for (uint64_t i = 0; i < trace->event_count; i++) {
        if (trace_op_has_size(trace->events[i].op))
            sizes[out->requests] = trace->events[i].bytes;
        count_event(out, &trace->events[i], owners);
    }
    for (uint64_t i = 0; i < trace->block_count; i++) {
        out->leftover_blocks += owners[i].is_live;
        out->leftover_bytes += owners[i].is_live ? owners[i].bytes : 0;
    }
    count_sizes(out, sizes);
    if (trace->sites != NULL)
        count_sites(trace, out);
    arena_free(owners, trace->block_count, sizeof *owners);
    arena_free(sizes, trace->event_count, sizeof *sizes);
}

void trace_stats_free(trace_stats_t *stats) {
    arena_free(stats->thread_events, stats->thread_count, sizeof *stats->thread_events);
    stats->thread_events = NULL;
}
