/*
 * averages.c - see averages.h.
 */
#include "averages.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>

static double throughput(const sample_t *s) {
    return sample_compared(s, MEASURE_THROUGHPUT);
}
static double peak(const sample_t *s) {
    return sample_compared(s, MEASURE_PEAK);
}
static double steady(const sample_t *s) {
    return sample_compared(s, MEASURE_STEADY);
}
static const sample_value_t values[MEASURES] = {throughput, peak, steady};

static interval_t average_of(const analysis_t *analysis, const char *allocator, measure_t measure,
                             size_t *workloads) {
    size_t room = analysis->samples->count + 1, used = 0;
    double *ratios = text_alloc(2 * room * sizeof *ratios), *b = ratios + room;
    size_t *counts = text_alloc((analysis->count + 1) * sizeof *counts);
    *workloads = 0;
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        const cell_stats_t *hakmem =
            c->phase == PHASE_COMPARE && strcmp(c->allocator, allocator) == 0
                ? analysis_find(analysis, PHASE_COMPARE, c->workload, "hakmem", 0, 0)
                : NULL;
        size_t pairs =
            hakmem ? analysis_pairs(analysis, c->id, hakmem->id, values[measure], ratios + used, b)
                   : 0;
        for (size_t j = 0; j < pairs; j++) {
            ratios[used + j] /= b[j];
        }
        if (pairs > 0) {
            counts[(*workloads)++] = pairs;
            used += pairs;
        }
    }
    interval_t out = stats_geometric_interval(ratios, counts, *workloads, analysis->info->seed);
    free(counts);
    free(ratios);
    return out;
}

static bool is_beaten(const average_t *a, const average_t *by) {
    return by->ratio[MEASURE_THROUGHPUT].mid >= a->ratio[MEASURE_THROUGHPUT].mid &&
           by->ratio[MEASURE_PEAK].mid <= a->ratio[MEASURE_PEAK].mid &&
           (by->ratio[MEASURE_THROUGHPUT].mid > a->ratio[MEASURE_THROUGHPUT].mid ||
            by->ratio[MEASURE_PEAK].mid < a->ratio[MEASURE_PEAK].mid);
}

void averages_make(const analysis_t *analysis, averages_t *out) {
    const json_t *rows = analysis->info->allocators;
    *out = (averages_t){text_alloc((json_array_size(rows) + 1) * sizeof *out->items), 0};
    for (size_t i = 0; i < json_array_size(rows); i++) {
        average_t *a = &out->items[out->count];
        *a = (average_t){.allocator =
                             json_string_value(json_object_get(json_array_get(rows, i), "key"))};
        for (measure_t m = MEASURES; m-- > 0;) {
            a->ratio[m] = average_of(analysis, a->allocator, m, &a->workloads);
        }
        out->count += a->workloads > 0;
    }
    for (size_t i = 0; i < out->count; i++) {
        average_t *a = &out->items[i];
        a->on_front =
            !isnan(a->ratio[MEASURE_THROUGHPUT].mid) && !isnan(a->ratio[MEASURE_PEAK].mid);
        for (size_t j = 0; j < out->count; j++) {
            a->on_front &= !is_beaten(a, &out->items[j]);
        }
    }
    if (out->count == 1) {
        out->count = 0;
    }
}
