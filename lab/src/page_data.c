/*
 * page_data.c - see page_data.h.
 */
#include "page_data.h"

#include "above_bound.h"
#include "averages.h"
#include "headline.h"
#include "page_looks.h"
#include "page_method.h"
#include "palette.h"
#include "table.h"
#include "text.h"

#include <string.h>

/* What the page calls a measure, in the order of its columns. */
static const struct {
    measure_t measure;
    const char *key, *title, *unit;
} measures[] = {
    {MEASURE_START, "start", "throughput of the start", "op/s"},
    {MEASURE_THROUGHPUT, "throughput", "steady throughput", "op/s"},
    {MEASURE_PEAK, "peak", "peak memory", "B per requested B"},
    {MEASURE_STEADY, "steady", "memory at the end", "B per requested B"},
};
enum { COLUMNS = sizeof measures / sizeof *measures };

static json_t *measures_json(void) {
    json_t *out = json_array();
    for (size_t i = 0; i < COLUMNS; i++) {
        json_array_append_new(out, json_pack("{s:s, s:s, s:s}", "key", measures[i].key, "title",
                                             measures[i].title, "unit", measures[i].unit));
    }
    return out;
}

static json_t *cell_measures(const cell_stats_t *c) {
    json_t *out = json_object();
    for (size_t i = 0; i < COLUMNS; i++) {
        measure_t m = measures[i].measure;
        json_t *one = table_interval_json(c->ratio[m]);
        json_object_set_new(one, "median", table_number_json(c->spread[m].median));
        json_object_set_new(one, "p", table_number_json(c->p[m]));
        json_object_set_new(one, "verdict", json_string(analysis_word(c->verdict[m], m)));
        json_object_set_new(out, measures[i].key, one);
    }
    return out;
}

static json_t *pair_json(dec_t value) {
    return value ? json_real(dec_double(value)) : json_null();
}

static json_t *cell_json(const analysis_t *analysis, const cell_stats_t *c) {
    const run_info_t *info = analysis->info;
    bool is_twin = text_ends(c->allocator, "-again");
    json_t *out =
        json_pack("{s:s, s:s, s:s, s:s, s:b, s:o, s:o, s:I, s:I, s:s, s:b, s:o}", "phase",
                  phase_name(c->phase), "workload", c->workload, "allocator", c->allocator, "label",
                  manifest_label(info, c->allocator), "twin", is_twin, "wmax_mid",
                  pair_json(c->wmax_mid), "wmax_large", pair_json(c->wmax_large), "samples",
                  (json_int_t)c->samples, "failed", (json_int_t)c->failed, "failures", c->failures,
                  "on_front", c->on_front, "measures", cell_measures(c));
    const struct {
        const char *key;
        double value;
    } numbers[] = {
        {"peak_bytes", c->peak_bytes},
        {"steady_bytes", c->steady_bytes},
        {"drain_bytes", c->drain_bytes},
        {"requested_peak_bytes", c->requested_peak_bytes},
        {"above_bound_percent", above_bound_percent(analysis, c)},
        {"cpu_ns_per_op", c->cpu_ns_per_op},
        {"faults_per_kop", c->faults_per_kop},
        {"rare_percent", 100 * c->rare_work},
        {"threshold_per_mop", c->threshold_ppm},
        {"exhaustion_per_mop", c->exhaustion_ppm},
        {"mapfail_per_mop", c->mapfail_ppm},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        json_object_set_new(out, numbers[i].key, table_number_json(numbers[i].value));
    }
    return out;
}

static json_t *cells_json(const analysis_t *analysis) {
    json_t *out = json_array();
    for (size_t i = 0; i < analysis->count; i++) {
        phase_t phase = analysis->cells[i].phase;
        if (!phase_is_once(phase) && phase != PHASE_SCALING) {
            json_array_append_new(out, cell_json(analysis, &analysis->cells[i]));
        }
    }
    return out;
}

static json_t *averages_json(const analysis_t *analysis) {
    averages_t all;
    json_t *out = json_array();
    averages_make(analysis, &all);
    for (size_t i = 0; i < all.count; i++) {
        const average_t *a = &all.items[i];
        json_t *ratios = json_object();
        for (size_t c = 0; c < COLUMNS; c++) {
            json_object_set_new(ratios, measures[c].key,
                                table_interval_json(a->ratio[measures[c].measure]));
        }
        json_array_append_new(out, json_pack("{s:s, s:s, s:I, s:b, s:o}", "allocator", a->allocator,
                                             "label", manifest_label(analysis->info, a->allocator),
                                             "workloads", (json_int_t)a->workloads, "on_front",
                                             a->on_front, "ratios", ratios));
    }
    return out;
}

/* Of the comparison, which has the most pairs. */
static json_t *floors_json(const analysis_t *analysis) {
    json_t *out = json_array();
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        size_t pairs = c->ratio[MEASURE_THROUGHPUT].pairs;
        if (c->phase != PHASE_COMPARE || !text_ends(c->allocator, "-again") || pairs == 0) {
            continue;
        }
        json_t *floors = json_object();
        for (size_t m = 0; m < COLUMNS; m++) {
            double floor = analysis_floor(analysis, c->workload, measures[m].measure, pairs);
            json_object_set_new(floors, measures[m].key, table_number_json(floor));
        }
        json_array_append_new(out, json_pack("{s:s, s:I, s:o}", "workload", c->workload, "pairs",
                                             (json_int_t)pairs, "floors", floors));
    }
    return out;
}

static json_t *recommendations_json(const recommendations_t *all) {
    json_t *out = json_array();
    for (size_t i = 0; i < all->count; i++) {
        const recommendation_t *r = &all->items[i];
        json_array_append_new(out, json_pack("{s:s?, s:b, s:s}", "workload", r->workload, "change",
                                             r->decision == DECISION_CHANGE, "sentence",
                                             recommend_sentence(r)));
    }
    return out;
}

static json_t *allocators_json(const run_info_t *info) {
    static const char *const keys[] = {"key", "name", "version", "package", "path", "sha256"};
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(info->allocators); i++) {
        const json_t *row = json_array_get(info->allocators, i);
        const char *key = json_string_value(json_object_get(row, "key"));
        json_t *one = json_pack("{s:s, s:s}", "label", manifest_label(info, key), "colour",
                                text_format("#%06x", palette_of(info, i).rgb));
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
            json_t *value = json_object_get(row, keys[k]);
            json_object_set_new(one, keys[k], value ? json_deep_copy(value) : json_null());
        }
        json_array_append_new(out, one);
    }
    return out;
}

/* In the order of the comparison: by group. Then those that are in none. */
static json_t *workloads_json(const run_info_t *info, const standings_t *standings) {
    static const char *const keys[] = {"name", "title", "stands_for"};
    size_t count = json_array_size(info->workloads);
    json_t *out = json_array();
    for (size_t i = 0; i < standings->count + count; i++) {
        bool compared = i < standings->count;
        const char *name =
            compared ? standings->items[i].workload
                     : json_string_value(json_object_get(
                           json_array_get(info->workloads, i - standings->count), "name"));
        if (!compared && manifest_place(out, "name", name) < json_array_size(out)) {
            continue;
        }
        json_t *one = json_pack("{s:s}", "group",
                                compared ? standings->items[i].group
                                         : manifest_row(info->workloads, "name", name, "group"));
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
            json_object_set_new(one, keys[k],
                                json_string(manifest_row(info->workloads, "name", name, keys[k])));
        }
        json_array_append_new(out, one);
    }
    return out;
}

static json_t *wastes_json(const run_info_t *info, const waste_list_t *wastes) {
    json_t *rows = json_array(), *ranges = json_array();
    for (size_t r = 0; r < WASTE_RANGES; r++) {
        json_array_append_new(ranges, json_string(waste_ranges[r].name));
    }
    for (size_t i = 0; i < wastes->count; i++) {
        const waste_t *w = &wastes->items[i];
        json_t *usable = json_array(), *touched = json_array();
        for (size_t r = 0; r < WASTE_RANGES; r++) {
            json_array_append_new(usable,
                                  table_number_json(100 * waste_usable_mean(w, &waste_ranges[r])));
            json_array_append_new(touched,
                                  table_number_json(100 * waste_touched_mean(w, &waste_ranges[r])));
        }
        json_array_append_new(
            rows, json_pack("{s:s, s:s, s:s, s:o, s:o}", "allocator", w->allocator, "label",
                            manifest_label(info, w->allocator), "status", w->status,
                            "usable_percent", usable, "touched_percent", touched));
    }
    return json_pack("{s:o, s:o}", "ranges", ranges, "rows", rows);
}

static json_t *figures_json(const figure_list_t *figures) {
    static const char *const scopes[] = {"run", "group", "workload"};
    json_t *out = json_array();
    for (size_t i = 0; i < figures->count; i++) {
        const figure_t *f = &figures->items[i];
        json_array_append_new(out, json_pack("{s:s, s:s, s:s, s:s, s:s?, s:s?}", "name", f->name,
                                             "scope", scopes[f->scope], "of", f->of, "caption",
                                             f->caption, "missing", f->missing, "note", f->note));
    }
    return out;
}

static json_t *run_json(const analysis_t *analysis) {
    static const char *const lists[] = {"warnings", "warnings_at_end"};
    const run_info_t *info = analysis->info;
    json_t *warnings = json_array();
    for (size_t l = 0; l < 2; l++) {
        const json_t *list = json_object_get(info->manifest, lists[l]);
        for (size_t i = 0; i < json_array_size(list); i++) {
            const char *text = json_string_value(json_array_get(list, i));
            json_array_append_new(
                warnings, json_pack("{s:s, s:s}", "when", l ? "end" : "start", "text", text));
        }
    }
    json_t *options = json_object_get(info->manifest, "hakmem_options");
    return json_pack("{s:s, s:I, s:I, s:I, s:o, s:o, s:o}", "id", info->run_id, "samples",
                     (json_int_t)analysis->samples->count, "failed", (json_int_t)analysis->failed,
                     "unreadable", (json_int_t)analysis->samples->unreadable, "warnings", warnings,
                     "hakmem_options", options ? json_deep_copy(options) : json_object(), "facts",
                     page_facts(info->manifest));
}

json_t *page_data(const analysis_t *analysis, const recommendations_t *recommendations,
                  const standings_t *standings, const waste_list_t *wastes,
                  const figure_list_t *figures, const char *summary) {
    const run_info_t *info = analysis->info;
    json_t *out =
        json_pack("{s:i, s:s, s:f, s:o, s:o, s:o, s:o, s:o}", "schema", 1, "headline",
                  headline(analysis, recommendations), "margin", analysis_margin(analysis), "run",
                  run_json(analysis), "measures", measures_json(), "allocators",
                  allocators_json(info), "workloads", workloads_json(info, standings),
                  "recommendations", recommendations_json(recommendations));
    json_object_update_new(
        out, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "averages",
                       averages_json(analysis), "table", table_json(standings), "claims",
                       table_findings_json(standings), "cells", cells_json(analysis), "noise",
                       floors_json(analysis), "waste", wastes_json(info, wastes), "looks",
                       page_looks(analysis), "requests", page_requests(analysis), "figures",
                       figures_json(figures), "summary", summary));
    return out;
}
