/*
 * latency.c - see latency.h.
 */
#include "common/latency.h"

#include "common/arena.h"

#include <inttypes.h>

static const char *const kind_names[LATENCY_KINDS] = {"malloc", "calloc", "aligned", "realloc",
                                                      "free"};
/* The largest size of each range; the last has none. */
static const uint64_t range_ends[LATENCY_RANGES] = {1024, 8192, 32768, 65536, 1048576, 0};

static const struct {
    const char *name;
    double share;
} quantiles[] = {
    {"p50_ns", 0.50}, {"p90_ns", 0.90}, {"p99_ns", 0.99}, {"p999_ns", 0.999}, {"p9999_ns", 0.9999}};

latency_t *latency_new(unsigned count) {
    return arena_alloc(count, sizeof(latency_t));
}

void latency_merge(latency_t *into, const latency_t *from) {
    for (unsigned kind = 0; kind < LATENCY_KINDS; kind++) {
        for (unsigned range = 0; range < LATENCY_RANGES; range++)
            histogram_merge(&into->of[kind][range], &from->of[kind][range]);
    }
}

static void add_quantiles(buffer_t *text, const histogram_t *ticks, double ns) {
    buffer_add(text, "\"count\":%" PRIu64, ticks->total);
    for (unsigned i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++) {
        buffer_add(text, ",\"%s\":%.1f", quantiles[i].name,
                   ns * (double)histogram_quantile(ticks, quantiles[i].share));
    }
    buffer_add(text, ",\"max_ns\":%.1f}", ns * (double)ticks->max);
}

/* All ranges of the kinds from `first` to `last`, in a table that the next call reuses. */
static const histogram_t *sum_of(const latency_t *latency, latency_kind_t first,
                                 latency_kind_t last) {
    static histogram_t sum;
    sum = (histogram_t){.total = 0};
    for (latency_kind_t kind = first; kind <= last; kind++) {
        for (unsigned range = 0; range < LATENCY_RANGES; range++)
            histogram_merge(&sum, &latency->of[kind][range]);
    }
    return &sum;
}

static void add_ranges(buffer_t *text, const latency_t *latency, double ns) {
    const char *between = "";
    buffer_add(text, ",\"by_size\":[");
    for (unsigned i = 0; i < LATENCY_KINDS * LATENCY_RANGES; i++) {
        unsigned kind = i / LATENCY_RANGES, range = i % LATENCY_RANGES;
        const histogram_t *ticks = &latency->of[kind][range];
        if (ticks->total == 0)
            continue;
        buffer_add(text, "%s{\"kind\":\"%s\",\"from_bytes\":%" PRIu64 ",\"to_bytes\":", between,
                   kind_names[kind], range == 0 ? 0 : range_ends[range - 1] + 1);
        if (range_ends[range] == 0)
            buffer_add(text, "null,");
        else
            buffer_add(text, "%" PRIu64 ",", range_ends[range]);
        add_quantiles(text, ticks, ns);
        between = ",";
    }
    buffer_add(text, "]");
}

void latency_write_json(const latency_t *latency, clock_rate_t clock, buffer_t *text) {
    buffer_add(text, "{\"clock_ns\":%.1f,\"bucket_error\":%g", clock.cost_ns,
               1.0 / (1 << HISTOGRAM_SUB_BITS));
    buffer_add(text, ",\"malloc\":{");
    add_quantiles(text, sum_of(latency, LATENCY_MALLOC, LATENCY_REALLOC), clock.ns_per_tick);
    buffer_add(text, ",\"free\":{");
    add_quantiles(text, sum_of(latency, LATENCY_FREE, LATENCY_FREE), clock.ns_per_tick);
    add_ranges(text, latency, clock.ns_per_tick);
    buffer_add(text, "}");
}

static void add_line(buffer_t *text, const char *name, const histogram_t *ticks, double ns) {
    buffer_add(text, "%-9s p50 %.0f  p99 %.0f  p99.9 %.0f  p99.99 %.0f  max %.0f ns\n", name,
               ns * (double)histogram_quantile(ticks, 0.50),
               ns * (double)histogram_quantile(ticks, 0.99),
               ns * (double)histogram_quantile(ticks, 0.999),
               ns * (double)histogram_quantile(ticks, 0.9999), ns * (double)ticks->max);
}

void latency_write_summary(const latency_t *latency, clock_rate_t clock, buffer_t *text) {
    add_line(text, "malloc", sum_of(latency, LATENCY_MALLOC, LATENCY_REALLOC), clock.ns_per_tick);
    add_line(text, "free", sum_of(latency, LATENCY_FREE, LATENCY_FREE), clock.ns_per_tick);
    buffer_add(text, "clock     %.1f ns, not subtracted\n", clock.cost_ns);
}
