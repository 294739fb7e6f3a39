/*
 * waste.c - records of bin/waste and their means. See waste.h.
 */
#include "waste.h"

#include "file.h"
#include "samples.h"
#include "text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WASTE_SCHEMA = 1, KIB = 1024, MIB = 1024 * 1024 };

/* One byte takes sixteen: the first range tells of the least block more than of anything else. */
const waste_range_t waste_ranges[WASTE_RANGES] = {{"1 B-1 KiB", 1, 1 * KIB},
                                                  {"16 B-1 KiB", 16, 1 * KIB},
                                                  {"1-32 KiB", 1 * KIB + 1, 32 * KIB},
                                                  {"32 KiB-2 MiB", 32 * KIB + 1, 2 * MIB}};

static bool result_is_whole(const json_t *result) {
    return json_is_integer(json_object_get(result, "most_bytes")) &&
           json_array_size(json_object_get(result, "usable")) > 0 &&
           json_array_size(json_object_get(result, "touched")) > 0;
}

json_t *waste_record(const allocator_t *a, const outcome_t *outcome, const json_t *result,
                     const json_t *settings) {
    char status[STATUS_TEXT];
    driver_status(outcome, result, result_is_whole(result), a->path, status);
    return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:O, s:I, s:I, s:s, s:o}", "schema",
                     WASTE_SCHEMA, "allocator", a->key, "status", status, "library", a->path,
                     "library_version", a->version, "library_sha256", a->sha256, "settings",
                     settings, "ended_unix_ns", (json_int_t)clock_unix_ns(), "elapsed_ns",
                     (json_int_t)outcome->elapsed_ns, "output_tail", outcome->output_tail, "result",
                     result ? json_incref((json_t *)(uintptr_t)result) : json_null());
}

static size_t number_at(const json_t *row, size_t column) {
    return (size_t)json_integer_value(json_array_get(row, column));
}

static void read_result(const json_t *result, waste_t *out) {
    const json_t *usable = json_object_get(result, "usable");
    const json_t *touched = json_object_get(result, "touched");
    out->class_count = json_array_size(usable);
    out->reading_count = json_array_size(touched);
    out->classes = text_alloc((out->class_count + 1) * sizeof *out->classes);
    out->readings = text_alloc((out->reading_count + 1) * sizeof *out->readings);
    for (size_t i = 0; i < out->class_count; i++) {
        const json_t *row = json_array_get(usable, i);
        size_t next = i + 1 < out->class_count ? number_at(json_array_get(usable, i + 1), 0) : 0;
        size_t most = (size_t)json_integer_value(json_object_get(result, "most_bytes"));
        out->classes[i] =
            (waste_class_t){number_at(row, 0), next ? next - 1 : most, number_at(row, 1)};
    }
    for (size_t i = 0; i < out->reading_count; i++) {
        const json_t *row = json_array_get(touched, i);
        out->readings[i] = (waste_reading_t){number_at(row, 0),
                                             (double)number_at(row, 2) / (double)number_at(row, 1)};
    }
}

static bool read_record(const json_t *record, waste_t *out) {
    const char *allocator = json_string_value(json_object_get(record, "allocator"));
    const char *status = json_string_value(json_object_get(record, "status"));
    if (!allocator || !status) {
        return false;
    }
    double elapsed_ns = json_number_value(json_object_get(record, "elapsed_ns"));
    *out = (waste_t){.allocator = text_copy(allocator),
                     .status = text_copy(status),
                     .elapsed_s = elapsed_ns / 1e9};
    if (strcmp(status, "ok") == 0) {
        read_result(json_object_get(record, "result"), out);
    }
    return true;
}

static void keep(void *context, const json_t *record) {
    waste_list_t *list = context;
    list->items = text_grow(list->items, list->count, sizeof *list->items);
    waste_t *last = &list->items[list->count];
    /* of runs that were merged there may be several of an allocator; the first counts */
    if (read_record(record, last) && !waste_has(list, last->allocator)) {
        list->failed += strcmp(list->items[list->count++].status, "ok") != 0;
    }
}

void waste_load(const char *path, waste_list_t *out) {
    *out = (waste_list_t){0};
    records_load(path, keep, out);
}

bool waste_has(const waste_list_t *list, const char *allocator) {
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].allocator, allocator) == 0) {
            return true;
        }
    }
    return false;
}

double waste_usable_mean(const waste_t *waste, const waste_range_t *range) {
    double sum = 0, weights = 0;
    for (size_t i = 0; i < waste->class_count; i++) {
        const waste_class_t *c = &waste->classes[i];
        size_t from = c->first > range->from ? c->first : range->from;
        size_t to = c->last < range->to ? c->last : range->to;
        for (size_t request = from; request <= to; request++) {
            double weight = 1 / (double)request;
            sum += weight * ((double)c->usable_bytes / (double)request - 1);
            weights += weight;
        }
    }
    return weights > 0 ? sum / weights : NAN;
}

/* The sum of reciprocals of the whole sizes that a reading stands for. */
static double weight_of(const waste_t *waste, size_t place) {
    size_t request = waste->readings[place].request;
    size_t next =
        place + 1 < waste->reading_count ? waste->readings[place + 1].request : request + 1;
    double sum = 0;
    for (; request < next; request++) {
        sum += 1 / (double)request;
    }
    return sum;
}

double waste_touched_mean(const waste_t *waste, const waste_range_t *range) {
    double sum = 0, weights = 0;
    for (size_t i = 0; i < waste->reading_count; i++) {
        const waste_reading_t *reading = &waste->readings[i];
        if (reading->request >= range->from && reading->request <= range->to) {
            double weight = weight_of(waste, i);
            sum += weight * (reading->touched_bytes / (double)reading->request - 1);
            weights += weight;
        }
    }
    return weights > 0 ? sum / weights : NAN;
}
