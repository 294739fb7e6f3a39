/*
 * page_looks.c - see page_looks.h.
 */
#include "page_looks.h"

#include "derive_looks.h"
#include "requests.h"
#include "table.h"

#include <string.h>

static json_t *percentiles(const latency_t *latency) {
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o}", "p50", table_number_json(latency->p50_ns), "p99",
        table_number_json(latency->p99_ns), "p999", table_number_json(latency->p999_ns), "p9999",
        table_number_json(latency->p9999_ns), "max", table_number_json(latency->max_ns));
}

/* Each adds its figures to the row, if the sample has any. */
static void put_latency(json_t *row, const sample_t *s) {
    if (s->has_latency && sample_counts_as_time(s)) {
        json_object_set_new(row, "malloc_ns", percentiles(&s->malloc_latency));
        json_object_set_new(row, "free_ns", percentiles(&s->free_latency));
    }
}

static void put_memory(json_t *row, const sample_t *s) {
    memory_split_t m;
    if (looks_split(s, &m)) {
        json_object_set_new(
            row, "bytes",
            json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "requested",
                      table_number_json(m.requested), "rounding", table_number_json(m.rounding),
                      "held_free", table_number_json(m.held), "metadata",
                      table_number_json(m.metadata), "resident", table_number_json(m.resident),
                      "drain_100ms", table_number_json(m.drain[0]), "drain_1s",
                      table_number_json(m.drain[1]), "drain_5s", table_number_json(m.drain[2])));
    }
}

static void put_calls(json_t *row, const sample_t *s) {
    static const char *const names[] = {"mmap", "munmap", "mremap", "madvise", "brk"};
    if (s->calls && !sample_failed(s)) {
        json_t *all = json_object();
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            json_object_set_new(all, names[i], table_number_json(looks_calls(s, names[i])));
        }
        json_object_set_new(all, "faults",
                            table_number_json((s->minor_faults + s->major_faults) / s->ops * 1e6));
        json_object_set_new(row, "per_mop", all);
    }
}

static json_t *rows_of(const analysis_t *analysis, phase_t phase,
                       void (*put)(json_t *row, const sample_t *sample)) {
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(analysis->info->allocators); i++) {
        const char *key = json_string_value(
            json_object_get(json_array_get(analysis->info->allocators, i), "key"));
        for (size_t j = 0; j < analysis->samples->count; j++) {
            const sample_t *s = &analysis->samples->items[j];
            if (s->phase == phase && strcmp(s->allocator, key) == 0) {
                json_t *row = json_pack("{s:s, s:s, s:s, s:s}", "workload", s->workload,
                                        "allocator", s->allocator, "label",
                                        manifest_label(analysis->info, key), "status", s->status);
                put(row, s);
                json_array_append_new(out, row);
            }
        }
    }
    return out;
}

json_t *page_looks(const analysis_t *analysis) {
    return json_pack("{s:o, s:o, s:o}", "latency", rows_of(analysis, PHASE_LATENCY, put_latency),
                     "memory", rows_of(analysis, PHASE_MEMORY, put_memory), "calls",
                     rows_of(analysis, PHASE_CALLS, put_calls));
}

json_t *page_requests(const analysis_t *analysis) {
    request_tails_t all;
    json_t *out = json_array();
    requests_make(analysis, &all);
    for (size_t i = 0; i < all.count; i++) {
        const request_tail_t *tail = &all.items[i];
        json_t *parts = json_object();
        for (request_part_t part = 0; part < REQUEST_PARTS; part++) {
            json_t *one = table_interval_json(tail->ratio[part]);
            json_object_update_new(
                one,
                json_pack("{s:o, s:o, s:o, s:I, s:o, s:s}", "ns",
                          table_number_json(tail->ns[part].mid), "ns_lo",
                          table_number_json(tail->ns[part].lo), "ns_hi",
                          table_number_json(tail->ns[part].hi), "samples",
                          (json_int_t)tail->ns[part].pairs, "noise_floor",
                          table_number_json(tail->floor[part]), "verdict",
                          tail->ratio[part].pairs > 0 ? request_word(tail->verdict[part]) : ""));
            json_object_set_new(parts, request_part_name(part), one);
        }
        json_array_append_new(out, json_pack("{s:s, s:s, s:s, s:o}", "workload", tail->workload,
                                             "allocator", tail->allocator, "label",
                                             manifest_label(analysis->info, tail->allocator),
                                             "parts", parts));
    }
    return out;
}
