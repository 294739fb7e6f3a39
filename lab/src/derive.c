/*
 * derive.c - the CSV tables. See derive.h; results/README.md lists the columns.
 */
#include "derive.h"

#include "text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *table_open(const analysis_t *analysis, const char *name, const char *header) {
    char *path = text_format("%s/derived/%s.csv", analysis->info->folder, name);
    FILE *file = fopen(path, "we");
    if (!file) {
        fail("cannot write %s: %s", path, strerror(errno));
    }
    fprintf(file, "%s\n", header);
    free(path);
    return file;
}

static void table_close(FILE *file) {
    if (fflush(file) != 0 || ferror(file) || fclose(file) != 0) {
        fail("cannot write the derived data: %s", strerror(errno));
    }
}

/* Ends a cell with a comma; gnuplot and awk both read NaN as "no value". */
static void put(FILE *file, double value, const char *end) {
    if (isnan(value)) {
        fprintf(file, "NaN%s", end);
    } else {
        fprintf(file, "%.9g%s", value, end);
    }
}

static void put_interval(FILE *file, interval_t interval) {
    put(file, interval.mid, ",");
    put(file, interval.lo, ",");
    put(file, interval.hi, ",");
    fprintf(file, "%zu,", interval.pairs);
}

static void put_decimal(FILE *file, dec_t value) {
    char text[DEC_TEXT];
    dec_print(value, text);
    fprintf(file, "%s,", value ? text : "");
}

/* RFC 4180: a cell in quotes, inner quotes doubled. */
static void put_text(FILE *file, const char *text, const char *end) {
    fputc('"', file);
    for (; *text; text++) {
        if (*text == '"') {
            fputc('"', file);
        }
        fputc(*text, file);
    }
    fprintf(file, "\"%s", end);
}

#define MEASURE_HEADER(name, unit)                                                                 \
    name unit "_min," name unit "_q25," name unit "_median," name unit "_q75," name unit           \
              "_max," name "_ratio," name "_ratio_lo," name "_ratio_hi," name "_pairs," name       \
              "_verdict"

#define CELL_HEADER                                                                                \
    "samples,failed,failures," MEASURE_HEADER("throughput", "_ops_per_s") "," MEASURE_HEADER(      \
        "peak",                                                                                    \
        "_per_requested_byte") "," MEASURE_HEADER("steady",                                        \
                                                  "_per_requested_byte") ","                       \
                                                                         "peak_bytes,steady_"      \
                                                                         "bytes,drain_bytes,"      \
                                                                         "requested_peak_bytes,"   \
                                                                         "cpu_ns_per_op,faults_"   \
                                                                         "per_kop,"                \
                                                                         "threshold_per_mop,"      \
                                                                         "exhaustion_per_mop,"     \
                                                                         "mapfail_per_mop"

static void put_cell(FILE *file, const cell_stats_t *c) {
    fprintf(file, "%zu,%zu,", c->samples, c->failed);
    put_text(file, c->failures, ",");
    for (measure_t m = 0; m < MEASURES; m++) {
        put(file, c->spread[m].least, ",");
        put(file, c->spread[m].q25, ",");
        put(file, c->spread[m].median, ",");
        put(file, c->spread[m].q75, ",");
        put(file, c->spread[m].most, ",");
        put_interval(file, c->ratio[m]);
        put_text(file, analysis_word(c->verdict[m], m), ",");
    }
    put(file, c->peak_bytes, ",");
    put(file, c->steady_bytes, ",");
    put(file, c->drain_bytes, ",");
    put(file, c->requested_peak_bytes, ",");
    put(file, c->cpu_ns_per_op, ",");
    put(file, c->faults_per_kop, ",");
    put(file, c->threshold_ppm, ",");
    put(file, c->exhaustion_ppm, ",");
    put(file, c->mapfail_ppm, "\n");
}

static void write_cells(const analysis_t *analysis) {
    FILE *file =
        table_open(analysis, "cells", "phase,workload,allocator,wmax_mid,wmax_large," CELL_HEADER);
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        fprintf(file, "%s,%s,%s,", phase_name(c->phase), c->workload, c->allocator);
        put_decimal(file, c->wmax_mid);
        put_decimal(file, c->wmax_large);
        put_cell(file, c);
    }
    table_close(file);
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
                            "mid_place,large_place,is_default,wmax_mid,wmax_large," CELL_HEADER);
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
        put_cell(file, c);
    }
    table_close(file);
}

/* "jemalloc 5.3.0-1"; the A/A twin stays "hakmem again". */
static char *label(const analysis_t *analysis, const char *allocator) {
    const json_t *rows = analysis->info->allocators;
    if (text_ends(allocator, "-again")) {
        return text_copy("hakmem again (A/A)");
    }
    return text_format("%s %s", manifest_row(rows, "key", allocator, "name"),
                       manifest_row(rows, "key", allocator, "version"));
}

static void write_comparison(const analysis_t *analysis, const char *workload) {
    FILE *file = table_open(analysis, text_format("compare-%s", workload),
                            "place,allocator,label," CELL_HEADER);
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
        put_text(file, label(analysis, c->allocator), ",");
        put_cell(file, c);
        for (size_t j = 0; j < analysis->samples->count; j++) {
            const sample_t *s = &analysis->samples->items[j];
            if (strcmp(s->cell, c->id) == 0) {
                fprintf(points, "%zu,%s,%u,", place, s->allocator, s->rep);
                put_text(points, s->status, ",");
                put(points, sample_measure(s, MEASURE_THROUGHPUT), ",");
                put(points, sample_measure(s, MEASURE_PEAK), ",");
                put(points, sample_measure(s, MEASURE_STEADY), ",");
                put(points, sample_counts_as_memory(s) ? s->peak_bytes : NAN, ",");
                put(points, sample_counts_as_memory(s) ? s->steady_bytes : NAN, "\n");
            }
        }
        place++;
    }
    table_close(points);
    table_close(file);
}

static void put_latency(FILE *file, const latency_t *latency, const char *end) {
    put(file, latency->count, ",");
    put(file, latency->p50_ns, ",");
    put(file, latency->p90_ns, ",");
    put(file, latency->p99_ns, ",");
    put(file, latency->p999_ns, ",");
    put(file, latency->max_ns, end);
}

#define LATENCY_HEADER(name)                                                                       \
    name "_count," name "_p50_ns," name "_p90_ns," name "_p99_ns," name "_p999_ns," name "_max_ns"

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
        put_text(file, label(analysis, c->allocator), ",");
        put(file, c->latency->clock_ns, ",");
        put_latency(file, &c->latency->malloc_latency, ",");
        put_latency(file, &c->latency->free_latency, "\n");
    }
    table_close(file);
}

static void write_noise(const analysis_t *analysis) {
    FILE *file = table_open(analysis, "noise",
                            "phase,workload,pairs,throughput_floor,peak_floor,steady_floor,"
                            "interval_coverage_bound");
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        if (!text_ends(c->allocator, "-again")) {
            continue;
        }
        size_t pairs = c->ratio[MEASURE_THROUGHPUT].pairs;
        fprintf(file, "%s,%s,%zu,", phase_name(c->phase), c->workload, pairs);
        for (measure_t m = 0; m < MEASURES; m++) {
            put(file, analysis_floor(analysis, c->workload, m, pairs), ",");
        }
        put(file, stats_coverage_bound(pairs), "\n");
    }
    table_close(file);
}

static void write_recommendations(const analysis_t *analysis, const recommendations_t *all) {
    static const char *const words[] = {"same", "unconfirmed", "untested", "change"};
    FILE *file = table_open(analysis, "recommendations",
                            "workload,decision,wmax_mid,wmax_large,screen_throughput_ratio,"
                            "screen_peak_ratio,throughput_ratio,throughput_ratio_lo,"
                            "throughput_ratio_hi,peak_ratio,peak_ratio_lo,peak_ratio_hi,pairs");
    for (size_t i = 0; i < all->count; i++) {
        const recommendation_t *r = &all->items[i];
        fprintf(file, "%s,%s,", r->workload ? r->workload : "all", words[r->decision]);
        put_decimal(file, r->mid);
        put_decimal(file, r->large);
        put(file, r->screen_throughput, ",");
        put(file, r->screen_peak, ",");
        const interval_t *both[] = {&r->throughput, &r->peak};
        for (size_t j = 0; j < 2; j++) {
            put(file, both[j]->mid, ",");
            put(file, both[j]->lo, ",");
            put(file, both[j]->hi, ",");
        }
        fprintf(file, "%zu\n", r->throughput.pairs);
    }
    table_close(file);
}

#define RIVAL_HEADER(name)                                                                         \
    name "_best_other," name "_ratio," name "_ratio_lo," name "_ratio_hi," name "_pairs," name     \
         "_noise_floor," name "_verdict"

static void write_table(const analysis_t *analysis, const standings_t *standings) {
    FILE *file = table_open(analysis, "table",
                            "group,workload,repetitions," RIVAL_HEADER("speed") "," RIVAL_HEADER(
                                "peak") "," RIVAL_HEADER("steady") ",claims,claims_held,failures");
    for (size_t i = 0; i < standings->count; i++) {
        const standing_t *s = &standings->items[i];
        size_t held = 0;
        put_text(file, s->group, ",");
        fprintf(file, "%s,%zu,", s->workload, s->reps);
        for (rivalry_t r = 0; r < RIVALS; r++) {
            const rival_t *rival = &s->rivals[r];
            fprintf(file, "%s,", rival->allocator ? rival->allocator : "");
            put_interval(file, rival->ratio);
            put(file, rival->floor, ",");
            put_text(
                file,
                analysis_word(rival->verdict, r == RIVAL_SPEED ? MEASURE_THROUGHPUT : MEASURE_PEAK),
                ",");
        }
        for (size_t c = 0; c < s->claim_count; c++) {
            held += s->claims[c].finding == FINDING_HOLDS;
        }
        fprintf(file, "%zu,%zu,", s->claim_count, held);
        put_text(file, s->failures, "\n");
    }
    table_close(file);
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
            put_text(file, s->group, ",");
            fprintf(file, "%s,%s,", s->workload, claim_key_name(claim->key));
            put(file, claim->bound, ",");
            put(file, claim->extra_kib, ",");
            fprintf(file, "%s,%s,%s,", finding_word(claim->finding), part->name, part->against);
            put_interval(file, part->figure);
            fprintf(file, "%s\n", finding_word(part->finding));
        }
    }
    table_close(file);
}

void derive_write(const analysis_t *analysis, const recommendations_t *recommendations,
                  const standings_t *standings) {
    folder_make(text_format("%s/derived", analysis->info->folder));
    write_cells(analysis);
    write_latency(analysis);
    write_noise(analysis);
    write_recommendations(analysis, recommendations);
    write_table(analysis, standings);
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
