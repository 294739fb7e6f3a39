/*
 * derive_looks.c - see derive_looks.h.
 */
#include "derive_looks.h"

#include "csv.h"
#include "requests.h"
#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double number(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static const json_t *point(const sample_t *s, const char *name) {
    return json_object_get(json_object_get(s->memory, "points"), name);
}

/* What the allocator said at the steady reading, less what it said before the first allocation. */
static double grown(const sample_t *s, const char *key) {
    return number(point(s, "steady"), key) - number(point(s, "base"), key);
}

bool looks_split(const sample_t *s, memory_split_t *out) {
    if (!s->memory || !sample_counts_as_memory(s)) {
        return false;
    }
    *out = (memory_split_t){.requested = s->requested_steady_bytes,
                            .rounding = grown(s, "in_use_bytes") - s->requested_steady_bytes,
                            .held = grown(s, "free_bytes"),
                            .metadata = grown(s, "metadata_bytes"),
                            .resident = s->steady_bytes};
    const json_t *drain = json_object_get(s->memory, "drain");
    for (size_t i = 0; i < 3; i++) {
        out->drain[i] = number(json_array_get(drain, i), "rss_anon_bytes");
    }
    return true;
}

double looks_calls(const sample_t *s, const char *name) {
    return number(json_object_get(s->calls, "timed"), name) / s->ops * 1e6;
}

/* The figures of a table's row begin with the allocator's place, key and label. */
static void put_allocator(FILE *file, const analysis_t *analysis, const char *allocator) {
    fprintf(file, "%zu,%s,", manifest_place(analysis->info->allocators, "key", allocator),
            allocator);
    csv_put_text(file, manifest_label(analysis->info, allocator), ",");
}

static const sample_t *next_sample(const analysis_t *analysis, phase_t phase, const char *workload,
                                   size_t *at) {
    while (*at < analysis->samples->count) {
        const sample_t *s = &analysis->samples->items[(*at)++];
        if (s->phase == phase && (!workload || strcmp(s->workload, workload) == 0)) {
            return s;
        }
    }
    return NULL;
}

static FILE *open_for(const analysis_t *analysis, const char *table, const char *workload,
                      const char *header) {
    return csv_open(analysis->info->folder, text_format("%s-%s", table, workload), header);
}

static void write_tail(FILE *file, const analysis_t *analysis, const sample_t *s,
                       const char *operation, const latency_t *latency) {
    const double values[] = {latency->p50_ns,  latency->p90_ns,   latency->p99_ns,
                             latency->p999_ns, latency->p9999_ns, latency->max_ns};
    static const double places[] = {0.30103, 1, 2, 3, 4, 5};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        put_allocator(file, analysis, s->allocator);
        fprintf(file, "%s,", operation);
        CSV_PUT(file, places[i], values[i]);
        csv_put(file, s->clock_ns, "\n");
    }
}

static void write_tails(const analysis_t *analysis, const char *workload) {
    FILE *file = open_for(analysis, "tails", workload,
                          "place,allocator,label,operation,nines,latency_ns,clock_ns");
    size_t at = 0;
    for (const sample_t *s; (s = next_sample(analysis, PHASE_LATENCY, workload, &at));) {
        if (s->has_latency && sample_counts_as_time(s)) {
            write_tail(file, analysis, s, "malloc", &s->malloc_latency);
            write_tail(file, analysis, s, "free", &s->free_latency);
        }
    }
    csv_close(file);
}

static void write_by_size(const analysis_t *analysis) {
    static const char *const keys[] = {"from_bytes", "to_bytes", "count",    "p50_ns", "p90_ns",
                                       "p99_ns",     "p999_ns",  "p9999_ns", "max_ns"};
    FILE *file = csv_open(analysis->info->folder, "latency-by-size",
                          "workload,allocator,operation,from_bytes,to_bytes,count,p50_ns,p90_ns,"
                          "p99_ns,p999_ns,p9999_ns,max_ns");
    size_t at = 0;
    for (const sample_t *s; (s = next_sample(analysis, PHASE_LATENCY, NULL, &at));) {
        for (size_t i = 0; i < json_array_size(s->by_size); i++) {
            const json_t *row = json_array_get(s->by_size, i);
            const char *kind = json_string_value(json_object_get(row, "kind"));
            fprintf(file, "%s,%s,%s,", s->workload, s->allocator, kind ? kind : "");
            for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
                csv_put(file, number(row, keys[k]),
                        k + 1 < sizeof keys / sizeof *keys ? "," : "\n");
            }
        }
    }
    csv_close(file);
}

static void write_split(const analysis_t *analysis, const char *workload) {
    FILE *file = open_for(analysis, "memory", workload,
                          "place,allocator,label,requested_bytes,rounding_bytes,held_free_bytes,"
                          "metadata_bytes,resident_bytes,drain_100ms_bytes,drain_1s_bytes,"
                          "drain_5s_bytes");
    size_t at = 0;
    memory_split_t split;
    for (const sample_t *s; (s = next_sample(analysis, PHASE_MEMORY, workload, &at));) {
        if (!looks_split(s, &split)) {
            continue;
        }
        put_allocator(file, analysis, s->allocator);
        CSV_PUT(file, split.requested, split.rounding, split.held, split.metadata, split.resident,
                split.drain[0], split.drain[1]);
        csv_put(file, split.drain[2], "\n");
    }
    csv_close(file);
}

static void put_resident(FILE *file, const analysis_t *analysis, const sample_t *s, double clock_ns,
                         double bytes) {
    put_allocator(file, analysis, s->allocator);
    CSV_PUT(file, (clock_ns - number(point(s, "base"), "clock_ns")) / 1e6,
            (clock_ns - number(point(s, "drained"), "clock_ns")) / 1e6);
    csv_put(file, bytes, "\n");
}

/* Times count from the base reading, and from the moment when all was freed. */
static void write_resident(const analysis_t *analysis, const char *workload) {
    FILE *file = open_for(analysis, "resident", workload,
                          "place,allocator,label,since_base_ms,since_freed_ms,resident_bytes");
    size_t at = 0;
    for (const sample_t *s; (s = next_sample(analysis, PHASE_MEMORY, workload, &at));) {
        if (!sample_counts_as_memory(s)) {
            continue;
        }
        const json_t *points = json_object_get(s->resident, "points");
        double base_ns = number(point(s, "base"), "clock_ns");
        double freed_ns = number(point(s, "drained"), "clock_ns"), last_bytes = NAN;
        double rested_ns = number(point(s, "rested"), "clock_ns"), last_ns = NAN;
        for (size_t i = 0; i < json_array_size(points); i++) {
            const json_t *pair = json_array_get(points, i);
            double clock_ns = json_number_value(json_array_get(pair, 0));
            double bytes = json_number_value(json_array_get(pair, 1)) - s->base_bytes;
            if (last_ns < freed_ns && clock_ns > freed_ns) { /* the lines meet at this moment */
                put_resident(file, analysis, s, freed_ns - 1, last_bytes);
                put_resident(file, analysis, s, freed_ns, last_bytes);
            }
            if (clock_ns >= base_ns && clock_ns <= rested_ns) {
                put_resident(file, analysis, s, clock_ns, bytes);
            } else if (last_ns <= rested_ns && clock_ns > rested_ns) {
                put_resident(file, analysis, s, rested_ns, last_bytes);
            }
            last_ns = clock_ns;
            last_bytes = bytes;
        }
    }
    csv_close(file);
}

static void write_calls(const analysis_t *analysis) {
    static const char *const names[] = {"mmap", "munmap", "mremap", "madvise", "brk"};
    FILE *file = csv_open(analysis->info->folder, "calls",
                          "workload,allocator,status,operations,mmap_per_mop,munmap_per_mop,"
                          "mremap_per_mop,madvise_per_mop,brk_per_mop");
    size_t at = 0;
    for (const sample_t *s; (s = next_sample(analysis, PHASE_CALLS, NULL, &at));) {
        fprintf(file, "%s,%s,", s->workload, s->allocator);
        csv_put_text(file, s->status, ",");
        csv_put(file, s->ops, ",");
        for (size_t i = 0; i < 5; i++) {
            csv_put(file, looks_calls(s, names[i]), i < 4 ? "," : "\n");
        }
    }
    csv_close(file);
}

static double ops_per_s(const sample_t *s) {
    return sample_measure(s, MEASURE_THROUGHPUT);
}

static void write_scaling(const analysis_t *analysis, const char *workload) {
    FILE *file = open_for(analysis, "scaling", workload,
                          "place,allocator,label,threads,samples,throughput_ops_per_s,lo,hi");
    size_t room = analysis->samples->count + 1;
    double *a = text_alloc(3 * room * sizeof *a), *b = a + room, *ones = b + room;
    for (size_t i = 0; i < room; i++) {
        ones[i] = 1;
    }
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        if (c->phase != PHASE_SCALING || strcmp(c->workload, workload) != 0) {
            continue;
        }
        size_t count = analysis_pairs(analysis, c->id, c->id, ops_per_s, a, b);
        interval_t median = stats_paired_ratio(a, ones, count);
        put_allocator(file, analysis, c->allocator);
        fprintf(file, "%u,%zu,", c->threads, count);
        csv_put(file, median.mid, ",");
        csv_put(file, isnan(median.lo) ? median.mid : median.lo, ","); /* of one sample */
        csv_put(file, isnan(median.hi) ? median.mid : median.hi, "\n");
    }
    free(a);
    csv_close(file);
}

static void put_request_part(FILE *file, const request_tail_t *tail, request_part_t part) {
    static const double places[REQUEST_PARTS] = {0.30103, 1, 2, 3, 4};
    fprintf(file, "%s,", request_part_name(part));
    csv_put(file, places[part], ",");
    fprintf(file, "%zu,", tail->ns[part].pairs);
    CSV_PUT(file, tail->ns[part].mid, tail->ns[part].lo, tail->ns[part].hi);
    csv_put_interval(file, tail->ratio[part]);
    CSV_PUT(file, tail->floor[part], tail->p[part]);
    csv_put_text(file, tail->ratio[part].pairs > 0 ? request_word(tail->verdict[part]) : "", "\n");
}

static void write_requests(const analysis_t *analysis, const request_tails_t *tails,
                           const char *workload) {
    FILE *file = NULL;
    for (size_t i = 0; i < tails->count; i++) {
        const request_tail_t *tail = &tails->items[i];
        if (strcmp(tail->workload, workload) != 0) {
            continue;
        }
        file = file ? file
                    : open_for(analysis, "requests", workload,
                               "place,allocator,label,part,nines,samples,latency_ns,latency_ns_lo,"
                               "latency_ns_hi,ratio,ratio_lo,ratio_hi,pairs,noise_floor,p,verdict");
        for (request_part_t part = 0; part < REQUEST_PARTS; part++) {
            put_allocator(file, analysis, tail->allocator);
            put_request_part(file, tail, part);
        }
    }
    if (file) {
        csv_close(file);
    }
}

void derive_looks(const analysis_t *analysis) {
    const json_t *workloads = analysis->info->workloads;
    request_tails_t requests;
    requests_make(analysis, &requests);
    write_by_size(analysis);
    write_calls(analysis);
    for (size_t i = 0; i < json_array_size(workloads); i++) {
        const char *name = json_string_value(json_object_get(json_array_get(workloads, i), "name"));
        if (analysis_count(analysis, PHASE_LATENCY, name) > 0) {
            write_tails(analysis, name);
        }
        write_requests(analysis, &requests, name);
        if (analysis_count(analysis, PHASE_MEMORY, name) > 0) {
            write_split(analysis, name);
            write_resident(analysis, name);
        }
        if (analysis_count(analysis, PHASE_SCALING, name) > 0) {
            write_scaling(analysis, name);
        }
    }
}
