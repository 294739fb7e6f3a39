/*
 * derive.c - the CSV tables. See derive.h; results/README.md lists the columns.
 */
#include "derive.h"

#include "above_bound.h"
#include "averages.h"
#include "csv.h"
#include "derive_looks.h"
#include "file.h"
#include "palette.h"
#include "text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static FILE *table_open(const analysis_t *analysis, const char *name, const char *header) {
    return csv_open(analysis->info->folder, name, header);
}

static void put_decimal(FILE *file, dec_t value) {
    char text[DEC_TEXT];
    dec_print(value, text);
    fprintf(file, "%s,", value ? text : "");
}

/* The columns of put_cell, after those that name the cell. */
static char *cell_header(const char *first) {
    static const char *const names[MEASURES] = {[MEASURE_THROUGHPUT] = "throughput",
                                                [MEASURE_PEAK] = "peak",
                                                [MEASURE_STEADY] = "steady",
                                                [MEASURE_START] = "start"};
    char *out = text_format("%s,samples,failed,failures", first);
    for (measure_t m = 0; m < MEASURES; m++) {
        bool is_speed = m == MEASURE_THROUGHPUT || m == MEASURE_START;
        const char *n = names[m], *unit = is_speed ? "_ops_per_s" : "_per_requested_byte";
        out = text_format("%s,%s%s_min,%s%s_q25,%s%s_median,%s%s_q75,%s%s_max", out, n, unit, n,
                          unit, n, unit, n, unit, n, unit);
        out = text_format("%s,%s_ratio,%s_ratio_lo,%s_ratio_hi,%s_pairs,%s_p,%s_verdict", out, n, n,
                          n, n, n, n);
    }
    return text_format(
        "%s,peak_bytes,steady_bytes,drain_bytes,requested_peak_bytes,cpu_ns_per_op,"
        "faults_per_kop,rare_work,threshold_per_mop,exhaustion_per_mop,mapfail_per_mop,"
        "above_bound_percent,on_front",
        out);
}

static void put_cell(FILE *file, const analysis_t *analysis, const cell_stats_t *c) {
    fprintf(file, "%zu,%zu,", c->samples, c->failed);
    csv_put_text(file, c->failures, ",");
    for (measure_t m = 0; m < MEASURES; m++) {
        const spread_t *spread = &c->spread[m];
        CSV_PUT(file, spread->least, spread->q25, spread->median, spread->q75, spread->most);
        csv_put_interval(file, c->ratio[m]);
        csv_put(file, c->p[m], ",");
        csv_put_text(file, analysis_word(c->verdict[m], m), ",");
    }
    CSV_PUT(file, c->peak_bytes, c->steady_bytes, c->drain_bytes, c->requested_peak_bytes,
            c->cpu_ns_per_op, c->faults_per_kop, c->rare_work, c->threshold_ppm, c->exhaustion_ppm,
            c->mapfail_ppm, above_bound_percent(analysis, c));
    fprintf(file, "%d\n", c->on_front);
}

static void write_cells(const analysis_t *analysis) {
    FILE *file =
        table_open(analysis, "cells", cell_header("phase,workload,allocator,wmax_mid,wmax_large"));
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        fprintf(file, "%s,%s,%s,", phase_name(c->phase), c->workload, c->allocator);
        put_decimal(file, c->wmax_mid);
        put_decimal(file, c->wmax_large);
        put_cell(file, analysis, c);
    }
    csv_close(file);
}

/* Place of a value among the distinct values of one axis of a workload's grid, from 0. */
static size_t axis_place(const analysis_t *analysis, const cell_stats_t *cell, bool large) {
    dec_list_t axis = {.count = 0};
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        dec_t value = large ? c->wmax_large : c->wmax_mid;
        bool lower = value < (large ? cell->wmax_large : cell->wmax_mid);
        if (c->phase == PHASE_GRID && strcmp(c->workload, cell->workload) == 0 && lower &&
            !dec_list_has(&axis, value) && axis.count < DEC_LIST_MAX) {
            axis.values[axis.count++] = value;
        }
    }
    return axis.count;
}

static void write_grid(const analysis_t *analysis, const char *workload) {
    FILE *file = table_open(analysis, text_format("grid-%s", workload),
                            cell_header("mid_place,large_place,is_default,wmax_mid,wmax_large,"
                                        "throughput_beyond,peak_beyond"));
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        if (c->phase != PHASE_GRID || strcmp(c->workload, workload) != 0 ||
            strcmp(c->allocator, "hakmem") != 0) {
            continue;
        }
        fprintf(file, "%zu,%zu,%d,", axis_place(analysis, c, false), axis_place(analysis, c, true),
                c->wmax_mid == WMAX_MID_DEFAULT && c->wmax_large == WMAX_LARGE_DEFAULT);
        put_decimal(file, c->wmax_mid);
        put_decimal(file, c->wmax_large);
        fprintf(file, "%d,%d,", recommend_beyond(analysis, c, MEASURE_THROUGHPUT),
                recommend_beyond(analysis, c, MEASURE_PEAK));
        put_cell(file, analysis, c);
    }
    csv_close(file);
}

static void write_comparison(const analysis_t *analysis, const char *workload) {
    FILE *file = table_open(analysis, text_format("compare-%s", workload),
                            cell_header("place,allocator,label"));
    FILE *points = table_open(analysis, text_format("points-%s", workload),
                              "place,allocator,rep,status,throughput_ops_per_s,"
                              "peak_per_requested_byte,steady_per_requested_byte,"
                              "peak_bytes,steady_bytes");
    size_t place = 0;
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        if (c->phase != PHASE_COMPARE || strcmp(c->workload, workload) != 0) {
            continue;
        }
        fprintf(file, "%zu,%s,", place, c->allocator);
        csv_put_text(file, manifest_label(analysis->info, c->allocator), ",");
        put_cell(file, analysis, c);
        for (size_t j = 0; j < analysis->samples->count; j++) {
            const sample_t *s = &analysis->samples->items[j];
            if (strcmp(s->cell, c->id) == 0) {
                fprintf(points, "%zu,%s,%u,", place, s->allocator, s->rep);
                csv_put_text(points, s->status, ",");
                CSV_PUT(points, sample_measure(s, MEASURE_THROUGHPUT),
                        sample_measure(s, MEASURE_PEAK), sample_measure(s, MEASURE_STEADY),
                        sample_counts_as_memory(s) ? s->peak_bytes : NAN);
                csv_put(points, sample_counts_as_memory(s) ? s->steady_bytes : NAN, "\n");
            }
        }
        place++;
    }
    csv_close(points);
    csv_close(file);
}

static void put_latency(FILE *file, const latency_t *latency, const char *end) {
    CSV_PUT(file, latency->count, latency->p50_ns, latency->p90_ns, latency->p99_ns,
            latency->p999_ns, latency->p9999_ns);
    csv_put(file, latency->max_ns, end);
}

#define LATENCY_HEADER(name)                                                                       \
    name "_count," name "_p50_ns," name "_p90_ns," name "_p99_ns," name "_p999_ns," name           \
         "_p9999_ns," name "_max_ns"

static void write_latency(const analysis_t *analysis) {
    FILE *file = table_open(
        analysis, "latency",
        "workload,allocator,label,clock_ns," LATENCY_HEADER("malloc") "," LATENCY_HEADER("free"));
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        if (!c->latency) {
            continue;
        }
        fprintf(file, "%s,%s,", c->workload, c->allocator);
        csv_put_text(file, manifest_label(analysis->info, c->allocator), ",");
        csv_put(file, c->latency->clock_ns, ",");
        put_latency(file, &c->latency->malloc_latency, ",");
        put_latency(file, &c->latency->free_latency, "\n");
    }
    csv_close(file);
}

static void write_noise(const analysis_t *analysis) {
    FILE *file =
        table_open(analysis, "noise",
                   "phase,workload,pairs,throughput_floor,peak_floor,steady_floor,start_floor");
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        if (!text_ends(c->allocator, "-again")) {
            continue;
        }
        size_t pairs = c->ratio[MEASURE_THROUGHPUT].pairs;
        fprintf(file, "%s,%s,%zu,", phase_name(c->phase), c->workload, pairs);
        for (measure_t m = 0; m < MEASURES; m++) {
            csv_put(file, analysis_floor(analysis, c->workload, m, pairs),
                    m + 1 < MEASURES ? "," : "\n");
        }
    }
    csv_close(file);
}

static void write_recommendations(const analysis_t *analysis, const recommendations_t *all) {
    static const char *const words[] = {"same", "unconfirmed", "untested", "change"};
    FILE *file = table_open(analysis, "recommendations",
                            "workload,decision,wmax_mid,wmax_large,screen_throughput_ratio,"
                            "screen_peak_ratio,throughput_ratio,throughput_ratio_lo,"
                            "throughput_ratio_hi,peak_ratio,peak_ratio_lo,peak_ratio_hi,"
                            "steady_ratio,steady_ratio_lo,steady_ratio_hi,pairs");
    for (size_t i = 0; i < all->count; i++) {
        const recommendation_t *r = &all->items[i];
        fprintf(file, "%s,%s,", r->workload ? r->workload : "all", words[r->decision]);
        put_decimal(file, r->mid);
        put_decimal(file, r->large);
        CSV_PUT(file, r->screen_throughput, r->screen_peak);
        const interval_t *ratios[] = {&r->throughput, &r->peak, &r->steady};
        for (size_t j = 0; j < sizeof ratios / sizeof *ratios; j++) {
            CSV_PUT(file, ratios[j]->mid, ratios[j]->lo, ratios[j]->hi);
        }
        fprintf(file, "%zu\n", r->throughput.pairs);
    }
    csv_close(file);
}

#define RIVAL_HEADER(name)                                                                         \
    name "_best_other," name "_ratio," name "_ratio_lo," name "_ratio_hi," name "_pairs," name     \
         "_noise_floor," name "_verdict"

static const char *verdict_word(const rival_t *rival, rivalry_t rivalry) {
    return analysis_word(rival->verdict,
                         rivalry == RIVAL_SPEED ? MEASURE_THROUGHPUT : MEASURE_PEAK);
}

static void write_table(const analysis_t *analysis, const standings_t *standings) {
    FILE *file = table_open(
        analysis, "table",
        "place,group_place,group,workload,repetitions," RIVAL_HEADER("speed") "," RIVAL_HEADER(
            "peak") "," RIVAL_HEADER("steady") ",claims,claims_held,failures");
    for (size_t i = 0; i < standings->count; i++) {
        const standing_t *s = &standings->items[i];
        size_t held = 0;
        fprintf(file, "%zu,%zu,", i + s->group_place + 1, s->group_place);
        csv_put_text(file, s->group, ",");
        fprintf(file, "%s,%zu,", s->workload, s->reps);
        for (rivalry_t r = 0; r < RIVALS; r++) {
            const rival_t *rival = &s->rivals[r];
            fprintf(file, "%s,", rival->allocator ? rival->allocator : "");
            csv_put_interval(file, rival->ratio);
            csv_put(file, rival->floor, ",");
            csv_put_text(file, verdict_word(rival, r), ",");
        }
        for (size_t c = 0; c < s->claim_count; c++) {
            held += s->claims[c].finding == FINDING_HOLDS;
        }
        fprintf(file, "%zu,%zu,", s->claim_count, held);
        csv_put_text(file, s->failures, "\n");
    }
    csv_close(file);
}

/* Every other allocator, for the figures of the groups. */
static void write_rivals(const analysis_t *analysis, const standings_t *standings) {
    FILE *file = table_open(analysis, "rivals",
                            "group_place,place,group,workload,allocator_place,allocator,label,"
                            "measure,ratio,ratio_lo,ratio_hi,pairs,noise_floor,verdict");
    size_t place = 0;
    for (size_t i = 0; i < standings->count; i++) {
        const standing_t *s = &standings->items[i];
        place = i > 0 && s->group_place == s[-1].group_place ? place + 1 : 0;
        for (size_t j = 0; j < s->other_count * RIVALS; j++) {
            const rival_t *rival = &s->others[j / RIVALS].against[j % RIVALS];
            fprintf(file, "%zu,%zu,", s->group_place, place);
            csv_put_text(file, s->group, ",");
            fprintf(file, "%s,%zu,%s,", s->workload,
                    manifest_place(analysis->info->allocators, "key", rival->allocator),
                    rival->allocator);
            csv_put_text(file, manifest_label(analysis->info, rival->allocator), ",");
            fprintf(file, "%s,", rivalry_name(j % RIVALS));
            csv_put_interval(file, rival->ratio);
            csv_put(file, rival->floor, ",");
            csv_put_text(file, verdict_word(rival, j % RIVALS), "\n");
        }
    }
    csv_close(file);
}

static void write_claims(const analysis_t *analysis, const standings_t *standings) {
    FILE *file = table_open(analysis, "claims",
                            "group,workload,claim,bound,extra_kib,finding,of,against,figure,"
                            "figure_lo,figure_hi,pairs,of_finding");
    for (size_t i = 0; i < standings->count; i++) {
        const standing_t *s = &standings->items[i];
        for (size_t j = 0; j < s->claim_count * 2; j++) {
            const claim_t *claim = &s->claims[j / 2];
            const claim_part_t *part = &claim->parts[j % 2];
            if (j % 2 >= claim->part_count) {
                continue;
            }
            csv_put_text(file, s->group, ",");
            fprintf(file, "%s,%s,", s->workload, claim_key_name(claim->key));
            CSV_PUT(file, claim->bound, claim->extra_kib);
            fprintf(file, "%s,%s,%s,", finding_word(claim->finding), part->name, part->against);
            csv_put_interval(file, part->figure);
            fprintf(file, "%s\n", finding_word(part->finding));
        }
    }
    csv_close(file);
}

/* Over all workloads. */
static void write_averages(const analysis_t *analysis) {
    averages_t averages;
    averages_make(analysis, &averages);
    FILE *file = table_open(analysis, "averages",
                            "place,allocator,label,workloads,throughput_ratio,throughput_ratio_lo,"
                            "throughput_ratio_hi,throughput_pairs,peak_ratio,peak_ratio_lo,"
                            "peak_ratio_hi,peak_pairs,steady_ratio,steady_ratio_lo,steady_ratio_hi,"
                            "steady_pairs,on_front");
    for (size_t i = 0; i < averages.count; i++) {
        const average_t *a = &averages.items[i];
        bool is_twin = text_ends(a->allocator, "-again"); /* in hakmem's colour */
        size_t place =
            is_twin ? 0 : manifest_place(analysis->info->allocators, "key", a->allocator);
        fprintf(file, "%zu,%s,", place, a->allocator);
        csv_put_text(file, manifest_label(analysis->info, a->allocator), ",");
        fprintf(file, "%zu,", a->workloads);
        for (measure_t m = 0; m <= MEASURE_STEADY; m++) {
            csv_put_interval(file, a->ratio[m]);
        }
        fprintf(file, "%d\n", a->on_front);
    }
    csv_close(file);
}

void derive_write(const analysis_t *analysis, const recommendations_t *recommendations,
                  const standings_t *standings) {
    folder_make(text_format("%s/derived", analysis->info->folder));
    palette_write(analysis->info);
    write_cells(analysis);
    write_latency(analysis);
    write_noise(analysis);
    write_averages(analysis);
    derive_looks(analysis);
    write_recommendations(analysis, recommendations);
    write_table(analysis, standings);
    write_rivals(analysis, standings);
    write_claims(analysis, standings);
    const json_t *workloads = analysis->info->workloads;
    for (size_t i = 0; i < json_array_size(workloads); i++) {
        const char *name = json_string_value(json_object_get(json_array_get(workloads, i), "name"));
        if (analysis_count(analysis, PHASE_GRID, name)) {
            write_grid(analysis, name);
        }
        if (analysis_count(analysis, PHASE_COMPARE, name)) {
            write_comparison(analysis, name);
        }
    }
}
