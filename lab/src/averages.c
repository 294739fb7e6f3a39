/*
 * averages.c - see averages.h.
 */
#include "averages.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>

static const measure_t averaged[] = {MEASURE_THROUGHPUT, MEASURE_PEAK, MEASURE_STEADY};
enum { AVERAGED = sizeof averaged / sizeof *averaged };

/* Of an allocator on a workload, over hakmem. */
static interval_t ratio_on(const analysis_t *analysis, const char *workload, const char *allocator,
                           measure_t measure) {
    const cell_stats_t *own = analysis_find(analysis, PHASE_COMPARE, workload, allocator, 0, 0);
    return own ? own->ratio[measure] : INTERVAL_NONE;
}

static const char *name_at(const json_t *rows, size_t place, const char *key) {
    return json_string_value(json_object_get(json_array_get(rows, place), key));
}

static bool has_any(const analysis_t *analysis, const char *allocator) {
    const json_t *workloads = analysis->info->workloads;
    for (size_t w = 0; w < json_array_size(workloads); w++) {
        if (ratio_on(analysis, name_at(workloads, w, "name"), allocator, MEASURE_THROUGHPUT).pairs >
            0) {
            return true;
        }
    }
    return false;
}

/* Has everyone of `all` a pair there, by every measure? */
static bool is_common(const analysis_t *analysis, const char *workload, const averages_t *all) {
    for (size_t i = 0; i < all->count * AVERAGED; i++) {
        if (ratio_on(analysis, workload, all->items[i / AVERAGED].allocator, averaged[i % AVERAGED])
                .pairs == 0) {
            return false;
        }
    }
    return true;
}

/* The start over those of them where it is a figure of its own. */
static void take_average(const analysis_t *analysis, const bool *common, average_t *a,
                         measure_t measure) {
    const json_t *workloads = analysis->info->workloads;
    interval_t *ratios = text_alloc((json_array_size(workloads) + 1) * sizeof *ratios);
    size_t count = 0;
    a->workloads = 0;
    for (size_t w = 0; w < json_array_size(workloads); w++) {
        if (common[w]) {
            ratios[count] =
                ratio_on(analysis, name_at(workloads, w, "name"), a->allocator, measure);
            count += measure != MEASURE_START || ratios[count].pairs > 0;
            a->workloads++;
        }
    }
    a->ratio[measure] = stats_geometric_interval(ratios, count);
    free(ratios);
}

static void add(const analysis_t *analysis, const char *allocator, averages_t *out) {
    if (has_any(analysis, allocator)) {
        out->items[out->count++] = (average_t){.allocator = allocator};
    }
}

static bool is_beaten(const average_t *a, const average_t *by) {
    return by->ratio[MEASURE_THROUGHPUT].mid >= a->ratio[MEASURE_THROUGHPUT].mid &&
           by->ratio[MEASURE_PEAK].mid <= a->ratio[MEASURE_PEAK].mid &&
           (by->ratio[MEASURE_THROUGHPUT].mid > a->ratio[MEASURE_THROUGHPUT].mid ||
            by->ratio[MEASURE_PEAK].mid < a->ratio[MEASURE_PEAK].mid);
}

void averages_make(const analysis_t *analysis, averages_t *out) {
    const json_t *rows = analysis->info->allocators, *workloads = analysis->info->workloads;
    size_t count = json_array_size(workloads), others = 0;
    bool *common = text_alloc(count + 1);
    *out = (averages_t){text_alloc((json_array_size(rows) + 2) * sizeof *out->items), 0};
    for (size_t i = 0; i < json_array_size(rows); i++) {
        add(analysis, name_at(rows, i, "key"), out);
        if (i == 0) {
            add(analysis, "hakmem-again", out);
        }
    }
    for (size_t w = 0; w < count; w++) {
        common[w] = is_common(analysis, name_at(workloads, w, "name"), out);
    }
    for (size_t i = 0; i < out->count * MEASURES; i++) {
        take_average(analysis, common, &out->items[i / MEASURES], (measure_t)(i % MEASURES));
    }
    for (size_t i = 0; i < out->count; i++) {
        bool is_twin = text_ends(out->items[i].allocator, "-again");
        others += i > 0 && !is_twin;
        out->items[i].on_front = out->items[i].workloads > 0 && !is_twin;
        for (size_t j = 0; j < out->count; j++) {
            bool counts = !text_ends(out->items[j].allocator, "-again");
            out->items[i].on_front &= !(counts && is_beaten(&out->items[i], &out->items[j]));
        }
    }
    if (others == 0 || out->items[0].workloads == 0) {
        out->count = 0;
    }
    free(common);
}
