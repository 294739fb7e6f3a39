/*
 * summary.c - the terminal's tables: comparison, sweep, recommendation. See summary.h.
 */
#include "summary.h"

#include "averages.h"
#include "canary.h"
#include "headline.h"
#include "requests.h"
#include "table.h"
#include "table_memory.h"
#include "text.h"
#include "wanted.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const json_t *fact(const analysis_t *analysis, const char *object, const char *key) {
    return json_object_get(json_object_get(analysis->info->manifest, object), key);
}

static const char *machine_text(const analysis_t *analysis, const char *key) {
    const char *text = json_string_value(fact(analysis, "machine", key));
    return text ? text : "unknown";
}

/* What the launches had of the cache that cores share, and machines: by hakmem's panels. */
static void print_caches(FILE *out, const analysis_t *analysis) {
    const samples_t *samples = analysis->samples;
    double *ns = text_alloc((samples->count + 1) * sizeof *ns);
    size_t count = 0;
    for (size_t i = 0; i < samples->count; i++) {
        const sample_t *s = &samples->items[i];
        bool is_one = s->phase == PHASE_COMPARE && strcmp(s->allocator, "hakmem") == 0;
        ns[count] = s->cache_ns;
        count += is_one && s->cache_ns > 0;
    }
    double least = stats_quantile(ns, count, 0.1), most = stats_quantile(ns, count, 0.9);
    if (count > 0) {
        fprintf(
            out,
            "Loads from a set of %s took %.0f ns in the median launch, %.0f to %.0f in most%s\n",
            text_bytes(CANARY_CACHE_BYTES), stats_median(ns, count), least, most,
            most > 2 * least ? ": what else filled the last cache changed meanwhile, and with it "
                               "may the ranks"
                             : "");
    }
    free(ns);
}

static void print_head(FILE *out, const analysis_t *analysis) {
    const run_info_t *info = analysis->info;
    fprintf(out, "Run %s: %zu samples, %zu failed\n", info->run_id, analysis->samples->count,
            analysis->failed);
    fprintf(out, "%s, %lld cores, %s; governor %s, THP %s, ASLR %s, load %.2f at the start\n",
            machine_text(analysis, "cpu"), json_integer_value(fact(analysis, "machine", "cores")),
            machine_text(analysis, "kernel"), machine_text(analysis, "governor"),
            machine_text(analysis, "thp_enabled"), machine_text(analysis, "aslr"),
            json_number_value(json_array_get(fact(analysis, "machine", "load_average"), 0)));
    static const char *const lists[] = {"warnings", "warnings_at_end"};
    for (size_t l = 0; l < 2; l++) {
        const json_t *warnings = json_object_get(info->manifest, lists[l]);
        for (size_t i = 0; i < json_array_size(warnings); i++) {
            fprintf(out, "Bad for measuring%s: %s\n", l ? ", at the end" : "",
                    json_string_value(json_array_get(warnings, i)));
        }
    }
    print_caches(out, analysis);
    const char *gap = "";
    for (size_t i = 0; i < json_array_size(info->allocators); i++) {
        const json_t *row = json_array_get(info->allocators, i);
        fprintf(out, "%s%s %s", gap, json_string_value(json_object_get(row, "name")),
                json_string_value(json_object_get(row, "version")));
        gap = ", ";
    }
    fputc('\n', out);
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(info->manifest, "hakmem_options"), name, value) {
        fprintf(out, "hakmem ran with %s=%s\n", name, json_string_value(value));
    }
    for (size_t i = 0; i < json_array_size(info->allocators); i++) {
        const json_t *row = json_array_get(info->allocators, i),
                     *setting = json_object_get(row, "setting");
        if (setting) {
            fprintf(out, "%s is %s\n", json_string_value(json_object_get(row, "key")),
                    json_string_value(setting));
        }
    }
    const json_t *left_out = json_object_get(info->manifest, "left_out");
    for (size_t i = 0; i < json_array_size(left_out); i++) {
        fprintf(out, "Left out for want of time: %s\n",
                json_string_value(json_array_get(left_out, i)));
    }
    if (analysis->samples->count > 0 && analysis->samples->items[0].schema < SAMPLE_SCHEMA) {
        fputs("This run is of the former kind: its processes ran whole, in blocks over all "
              "workloads, and start and steady speed are one figure.\n",
              out);
    }
    if (analysis->samples->unreadable) {
        fprintf(out, "%zu lines of samples.jsonl are unreadable and left out\n",
                analysis->samples->unreadable);
    }
}

/* "0.742 [0.731, 0.751]", or a dash. */
static char *ratio_text(interval_t r) {
    return isnan(r.mid)  ? text_copy("-")
           : isnan(r.lo) ? text_format("%.3f, once", r.mid)
                         : text_format("%.3f [%.3f, %.3f]", r.mid, r.lo, r.hi);
}

static char *failures_text(const cell_stats_t *c) {
    double total = c->threshold_ppm + c->exhaustion_ppm + c->mapfail_ppm;
    if (isnan(total)) {
        return text_copy(*c->failures ? c->failures : "");
    }
    return text_format("%.4g/%.4g/%.4g%s%s", c->threshold_ppm, c->exhaustion_ppm, c->mapfail_ppm,
                       *c->failures ? "; " : "", c->failures);
}

/* Per requested byte; bytes where none was requested. */
static char *memory_text(const cell_stats_t *c) {
    return c->requested_peak_bytes == 0 ? text_bytes(c->peak_bytes)
           : isnan(c->spread[MEASURE_PEAK].median)
               ? text_copy("-")
               : text_format("%.3f", c->spread[MEASURE_PEAK].median);
}

/* What a speed is told in: whole programs do a few operations per second, or a single one. */
static double speed_unit(double ops_per_s, const char **name) {
    static const struct {
        double ops;
        const char *name;
    } units[] = {{1e6, "Mop/s"}, {1e3, "kop/s"}, {1, "op/s"}};
    size_t u = isnan(ops_per_s) || ops_per_s >= 1e5 ? 0 : ops_per_s >= 100 ? 1 : 2;
    *name = units[u].name;
    return units[u].ops;
}

static bool is_reference(const cell_stats_t *c) {
    return strcmp(c->allocator, "hakmem") == 0;
}

static const char *word(const cell_stats_t *c, measure_t measure) {
    return is_reference(c) || c->ratio[measure].pairs == 0
               ? ""
               : analysis_word(c->verdict[measure], measure);
}

static char *ratio_of(const cell_stats_t *c, measure_t measure) {
    return is_reference(c) ? text_copy("1") : ratio_text(c->ratio[measure]);
}

static char *rare_text(double share) {
    return isnan(share) ? text_copy("-") : text_format("%+.1f %%", 100 * share);
}

static void print_comparison_row(FILE *out, const cell_stats_t *c, double unit) {
    double speed = c->spread[MEASURE_THROUGHPUT].median / unit;
    fprintf(out, "  %-14s %9s  %-22s %-10s  %7s  %6.3f %-10s  %9s  %-22s %-10s  %9s  %s\n",
            c->allocator, isnan(speed) ? "-" : text_format("%.3f", speed),
            ratio_of(c, MEASURE_THROUGHPUT), word(c, MEASURE_THROUGHPUT), rare_text(c->rare_work),
            c->ratio[MEASURE_START].mid, word(c, MEASURE_START), memory_text(c),
            ratio_of(c, MEASURE_PEAK), word(c, MEASURE_PEAK),
            isnan(c->drain_bytes) ? "-" : text_bytes(c->drain_bytes), failures_text(c));
}

/* "5 launches, 52 blocks, 3 of them disturbed": of hakmem's panels on the workload. */
static char *effort_text(const analysis_t *analysis, const cell_stats_t *c) {
    double blocks = 0, disturbed = 0;
    for (size_t i = 0; i < analysis->samples->count; i++) {
        const sample_t *s = &analysis->samples->items[i];
        if (strcmp(s->cell, c->id) == 0) {
            blocks += s->blocks;
            disturbed += s->disturbed;
        }
    }
    return blocks > 0 ? text_format("%zu launches, %.0f blocks of turns, %.0f of them disturbed",
                                    c->samples, blocks, disturbed)
                      : text_format("%zu whole runs", c->samples);
}

static void print_comparison(FILE *out, const analysis_t *analysis) {
    if (analysis_count(analysis, PHASE_COMPARE, NULL) == 0) {
        return;
    }
    fprintf(out,
            "\nComparison. Ratios are allocator over hakmem, paired, with 95 %% intervals: above 1 "
            "is faster, or more memory; equivalent: within %.3g %%.\n"
            "throughput: of the warm program's typical turn; rare: what the mean turn takes "
            "longer, as to "
            "give memory back now and then; start: of a fresh one, with its first touches. "
            "mem/req: peak anonymous memory per requested byte, or all of it where nothing is "
            "requested.\ndrained: left after all was freed. ACE failures "
            "(threshold/exhaustion/mapfail) per million operations.\n",
            100 * analysis_margin(analysis));
    const char *workload = "", *unit_name = "";
    double unit = 1;
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        if (c->phase != PHASE_COMPARE) {
            continue;
        }
        if (strcmp(c->workload, workload) != 0) {
            workload = c->workload;
            unit = speed_unit(c->spread[MEASURE_THROUGHPUT].median, &unit_name);
            fprintf(out, "\n%s: %s (%s)\n", workload,
                    manifest_row(analysis->info->workloads, "name", workload, "title"),
                    effort_text(analysis, c));
            fprintf(out, "  %-14s %9s  %-33s  %7s  %-17s  %9s  %-33s  %9s  %s\n", "allocator",
                    unit_name, "throughput ratio", "rare", "start ratio", "mem/req", "memory ratio",
                    "drained", "ACE, failed runs");
        }
        print_comparison_row(out, c, unit);
    }
}

static void print_requests_row(FILE *out, const request_tail_t *tail) {
    fprintf(out, "  %-14s", tail->allocator);
    for (request_part_t part = 0; part < REQUEST_PARTS; part++) {
        fprintf(out, "  %8s", request_time(tail->ns[part].mid));
    }
    bool is_reference = strcmp(tail->allocator, "hakmem") == 0;
    if (is_reference) {
        fputs("  1\n", out);
        return;
    }
    fprintf(out, "  %-22s (%.1f %%) %s\n", ratio_text(tail->ratio[REQUEST_P99]),
            100 * tail->floor[REQUEST_P99], request_word(tail->verdict[REQUEST_P99]));
}

static void print_requests_head(FILE *out, const analysis_t *analysis, const char *workload) {
    fprintf(out, "\n%s: %s\n  %-14s", workload,
            manifest_row(analysis->info->workloads, "name", workload, "title"), "allocator");
    for (request_part_t part = 0; part < REQUEST_PARTS; part++) {
        fprintf(out, "  %8s", request_part_name(part));
    }
    fputs("  p99 ratio              (noise)\n", out);
}

static void print_requests(FILE *out, const analysis_t *analysis) {
    request_tails_t all;
    requests_make(analysis, &all);
    if (all.count > 0) {
        fprintf(out,
                "\nRequests to whole programs, as their load generators tell (-: not told): "
                "medians over the samples.\n"
                "p99 ratio: allocator over hakmem, paired, with its 95 %% interval: above 1 is "
                "slower.\n");
    }
    for (size_t i = 0; i < all.count; i++) {
        const request_tail_t *tail = &all.items[i];
        if (i == 0 || strcmp(tail->workload, tail[-1].workload) != 0) {
            print_requests_head(out, analysis, tail->workload);
        }
        print_requests_row(out, tail);
    }
}

/* "Decided by throughput: 34 of 36 comparisons; undecided: mid33-mt/tcmalloc, …" and what the twin
 * shows of this machine. */
static void print_decided(FILE *out, const analysis_t *analysis, measure_t m, const char *name) {
    char *undecided = text_copy("");
    const char *widest = NULL, *farthest = NULL;
    size_t count = 0, open = 0;
    double half = 0, off = 0;
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        const interval_t *r = &c->ratio[m];
        bool is_twin = text_ends(c->allocator, "-again"), is_known = r->pairs > 0;
        if (c->phase != PHASE_COMPARE || !is_known || strcmp(c->allocator, "hakmem") == 0) {
            continue;
        }
        if (is_twin) {
            double own_half = log(r->hi / r->lo) / 2;
            widest = !(own_half <= half) ? c->workload : widest;
            half = !(own_half <= half) ? own_half : half;
            farthest = fabs(log(r->mid)) > off ? c->workload : farthest;
            off = fmax(off, fabs(log(r->mid)));
        } else {
            count++;
            if (c->verdict[m] == VERDICT_UNDECIDED) {
                undecided = text_format("%s%s%s/%s", undecided,
                                        open++ ? ", " : "; undecided: ", c->workload, c->allocator);
            }
        }
    }
    if (count > 0) {
        fprintf(out, "Decided by %s: %zu of %zu comparisons%s\n", name, count - open, count,
                undecided);
    }
    if (widest && farthest) {
        fprintf(out,
                "  hakmem against itself: at most %.1f %% off (%s), intervals of at most "
                "+-%.1f %% (%s)\n",
                100 * expm1(off), farthest, 100 * expm1(half), widest);
    }
}

/* What undecided rows are to be decided by: more of the same. */
static void print_wanted(FILE *out, const analysis_t *analysis) {
    double seconds = wanted_seconds(analysis);
    char *far = text_copy("");
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        if (wanted_is_open(c) && !(wanted_launches(analysis, c) <= WANTED_MOST)) {
            far = text_format("%s%s%s/%s", far, *far ? ", " : "", c->workload, c->allocator);
        }
    }
    if (seconds > 0) {
        fprintf(out, "  to decide them should take about %s more (--budget)\n",
                text_duration(seconds));
    }
    if (*far) {
        fprintf(out, "  next to the margin, where no run will decide them: %s\n", far);
    }
}

static void print_averages(FILE *out, const analysis_t *analysis) {
    averages_t all;
    averages_make(analysis, &all);
    if (all.count < 2 || all.items[0].workloads < 2) {
        return;
    }
    fprintf(out,
            "\nOver the workloads on which all have samples: geometric means, allocator over "
            "hakmem, with 95 %% intervals of "
            "the measurement\n  %-14s  %-22s  %-22s  %s\n",
            "", "throughput", "peak memory", "workloads");
    for (size_t i = 1; i < all.count; i++) {
        const average_t *a = &all.items[i];
        fprintf(out, "  %-14s  %-22s  %-22s  %zu\n", a->allocator,
                ratio_text(a->ratio[MEASURE_THROUGHPUT]), ratio_text(a->ratio[MEASURE_PEAK]),
                a->workloads);
    }
}

static double extreme(const analysis_t *analysis, const char *workload, measure_t measure,
                      bool most) {
    double out = NAN;
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        double value = c->ratio[measure].mid;
        if (c->phase == PHASE_GRID && strcmp(c->workload, workload) == 0 && !isnan(value) &&
            strcmp(c->allocator, "hakmem") == 0 &&
            (isnan(out) || (most ? value > out : value < out))) {
            out = value;
        }
    }
    return out;
}

static void print_grid_row(FILE *out, const analysis_t *analysis, const char *workload) {
    const cell_stats_t *base = analysis_find(analysis, PHASE_GRID, workload, "hakmem",
                                             WMAX_MID_DEFAULT, WMAX_LARGE_DEFAULT);
    if (!base) {
        return;
    }
    const cell_stats_t *twin = analysis_find(analysis, PHASE_GRID, workload, "hakmem-again",
                                             WMAX_MID_DEFAULT, WMAX_LARGE_DEFAULT);
    double per_byte = base->spread[MEASURE_PEAK].median; /* NAN: it requests nothing itself */
    fprintf(out, "  %-16s %10.3f %8s   %+6.1f %+6.1f %%   %+6.1f %+6.1f %%   %+5.1f %% %+5.1f %%\n",
            workload, base->spread[MEASURE_THROUGHPUT].median / 1e6,
            isnan(per_byte) ? "-" : text_format("%.3f", per_byte),
            100 * (extreme(analysis, workload, MEASURE_THROUGHPUT, false) - 1),
            100 * (extreme(analysis, workload, MEASURE_THROUGHPUT, true) - 1),
            100 * (extreme(analysis, workload, MEASURE_PEAK, false) - 1),
            100 * (extreme(analysis, workload, MEASURE_PEAK, true) - 1),
            twin ? 100 * (twin->ratio[MEASURE_THROUGHPUT].mid - 1) : NAN,
            twin ? 100 * (twin->ratio[MEASURE_PEAK].mid - 1) : NAN);
}

static void print_exports(FILE *out, const recommendation_t *all) {
    char mid[DEC_TEXT], large[DEC_TEXT];
    dec_t pair[] = {WMAX_MID_DEFAULT, WMAX_LARGE_DEFAULT};
    if (all->decision == DECISION_CHANGE) {
        pair[0] = all->mid;
        pair[1] = all->large;
    }
    dec_print(pair[0], mid);
    dec_print(pair[1], large);
    fprintf(out, "\n    export HAKMEM_WMAX_MID=%s\n    export HAKMEM_WMAX_LARGE=%s\n", mid, large);
}

static void print_recommendations(FILE *out, const analysis_t *analysis,
                                  const recommendations_t *all) {
    if (all->count == 0) {
        return;
    }
    const char *keep = wmax_default_pair();
    fprintf(out,
            "\nW_MAX sweep (hakmem). Range over the grid against the default %s; "
            "what lies within the twin's difference is no effect.\n"
            "  %-16s %10s %8s   %-17s   %-17s   %s\n",
            keep, "workload", "Mop/s", "mem/req", "throughput", "memory", "twin of both");
    for (size_t i = 0; i + 1 < all->count; i++) {
        print_grid_row(out, analysis, all->items[i].workload);
    }
    fprintf(out, "\nRecommendation: W_MAX mid/large, against the default %s\n", keep);
    for (size_t i = 0; i + 1 < all->count; i++) {
        fprintf(out, "  %-16s %s\n", all->items[i].workload, recommend_sentence(&all->items[i]));
    }
    const recommendation_t *last = &all->items[all->count - 1];
    fprintf(out, "  %-16s %s\n", "all of them", recommend_sentence(last));
    print_exports(out, last);
}

static void print_failures(FILE *out, const analysis_t *analysis) {
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        if (c->failed) {
            fprintf(out, "  FAILED %s: %zu of %zu samples (%s)\n", c->id, c->failed, c->samples,
                    c->failures);
        }
    }
}

static void print_waste_failures(FILE *out, const waste_list_t *wastes) {
    for (size_t i = 0; i < wastes->count; i++) {
        if (strcmp(wastes->items[i].status, "ok") != 0) {
            fprintf(out, "  FAILED waste by size, %s: %s\n", wastes->items[i].allocator,
                    wastes->items[i].status);
        }
    }
}

static void print_wastes(FILE *out, const waste_list_t *wastes) {
    if (wastes->count == wastes->failed) {
        return;
    }
    fprintf(out,
            "\nWaste by size: mean over the sizes of a range, each doubling alike, in %% of the "
            "request: usable bytes, memory touched.\n  %-14s",
            "");
    for (size_t r = 0; r < WASTE_RANGES; r++) {
        fprintf(out, "  %16s", waste_ranges[r].name);
    }
    for (size_t i = 0; i < wastes->count; i++) {
        const waste_t *w = &wastes->items[i];
        fprintf(out, "\n  %-14s", w->allocator);
        for (size_t r = 0; w->class_count > 0 && r < WASTE_RANGES; r++) {
            fprintf(out, "  %7.1f  %7.1f", 100 * waste_usable_mean(w, &waste_ranges[r]),
                    100 * waste_touched_mean(w, &waste_ranges[r]));
        }
    }
    fputc('\n', out);
}

static json_t *wastes_json(const waste_list_t *wastes) {
    json_t *out = json_array();
    for (size_t i = 0; i < wastes->count; i++) {
        const waste_t *w = &wastes->items[i];
        json_t *ranges = json_array();
        for (size_t r = 0; r < WASTE_RANGES; r++) {
            json_array_append_new(
                ranges,
                json_pack("{s:s, s:o, s:o}", "range", waste_ranges[r].name, "usable_percent",
                          table_number_json(100 * waste_usable_mean(w, &waste_ranges[r])),
                          "touched_percent",
                          table_number_json(100 * waste_touched_mean(w, &waste_ranges[r]))));
        }
        json_array_append_new(out, json_pack("{s:s, s:s, s:o}", "allocator", w->allocator, "status",
                                             w->status, "means", ranges));
    }
    return out;
}

void summary_print_head(FILE *out, const analysis_t *analysis, const waste_list_t *wastes) {
    print_head(out, analysis);
    print_failures(out, analysis);
    print_waste_failures(out, wastes);
}

void summary_print(FILE *out, const analysis_t *analysis, const recommendations_t *recommendations,
                   const standings_t *table, const waste_list_t *wastes) {
    fprintf(out, "%s\n\n", headline(analysis, recommendations));
    summary_print_head(out, analysis, wastes);
    if (table) {
        table_print(out, table);
    } else {
        print_comparison(out, analysis);
        fputc('\n', out);
        print_decided(out, analysis, MEASURE_THROUGHPUT, "throughput");
        print_wanted(out, analysis);
        print_decided(out, analysis, MEASURE_PEAK, "peak memory");
    }
    table_memory_print(out, analysis);
    print_requests(out, analysis);
    print_wastes(out, wastes);
    print_averages(out, analysis);
    print_recommendations(out, analysis, recommendations);
}

static json_t *cell_json(const cell_stats_t *c) {
    return json_pack(
        "{s:s, s:s, s:s, s:I, s:I, s:s, s:o, s:o, s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o}",
        "phase", phase_name(c->phase), "workload", c->workload, "allocator", c->allocator,
        "samples", (json_int_t)c->samples, "failed", (json_int_t)c->failed, "failures", c->failures,
        "throughput_ops_per_s", table_number_json(c->spread[MEASURE_THROUGHPUT].median),
        "throughput", table_interval_json(c->ratio[MEASURE_THROUGHPUT]), "throughput_verdict",
        analysis_word(c->verdict[MEASURE_THROUGHPUT], MEASURE_THROUGHPUT),
        "peak_per_requested_byte", table_number_json(c->spread[MEASURE_PEAK].median), "peak",
        table_interval_json(c->ratio[MEASURE_PEAK]), "peak_verdict",
        analysis_word(c->verdict[MEASURE_PEAK], MEASURE_PEAK), "wmax_mid",
        c->wmax_mid ? json_real(dec_double(c->wmax_mid)) : json_null(), "wmax_large",
        c->wmax_large ? json_real(dec_double(c->wmax_large)) : json_null(), "threshold_per_mop",
        table_number_json(c->threshold_ppm), "exhaustion_per_mop",
        table_number_json(c->exhaustion_ppm), "mapfail_per_mop", table_number_json(c->mapfail_ppm));
}

static json_t *requests_json(const analysis_t *analysis) {
    request_tails_t all;
    json_t *out = json_array();
    requests_make(analysis, &all);
    for (size_t i = 0; i < all.count; i++) {
        const request_tail_t *tail = &all.items[i];
        json_t *parts = json_array();
        for (request_part_t part = 0; part < REQUEST_PARTS; part++) {
            json_array_append_new(
                parts,
                json_pack("{s:s, s:o, s:o, s:o, s:I, s:o, s:o, s:s}", "part",
                          request_part_name(part), "ns", table_number_json(tail->ns[part].mid),
                          "ns_lo", table_number_json(tail->ns[part].lo), "ns_hi",
                          table_number_json(tail->ns[part].hi), "samples",
                          (json_int_t)tail->ns[part].pairs, "over_hakmem",
                          table_interval_json(tail->ratio[part]), "noise_floor",
                          table_number_json(tail->floor[part]), "verdict",
                          tail->ratio[part].pairs > 0 ? request_word(tail->verdict[part]) : ""));
        }
        json_array_append_new(out, json_pack("{s:s, s:s, s:o}", "workload", tail->workload,
                                             "allocator", tail->allocator, "parts", parts));
    }
    return out;
}

json_t *summary_json(const analysis_t *analysis, const recommendations_t *recommendations,
                     const standings_t *standings, const waste_list_t *wastes) {
    json_t *cells = json_array(), *advice = json_array();
    for (size_t i = 0; i < analysis->count; i++) {
        phase_t phase = analysis->cells[i].phase;
        if (!phase_is_once(phase) && phase != PHASE_SCALING) {
            json_array_append_new(cells, cell_json(&analysis->cells[i]));
        }
    }
    for (size_t i = 0; i < recommendations->count; i++) {
        const recommendation_t *r = &recommendations->items[i];
        json_array_append_new(
            advice,
            json_pack("{s:s, s:b, s:f, s:f, s:o, s:o, s:o, s:s}", "workload",
                      r->workload ? r->workload : "all", "change", r->decision == DECISION_CHANGE,
                      "wmax_mid", dec_double(r->mid), "wmax_large", dec_double(r->large),
                      "throughput", table_interval_json(r->throughput), "peak",
                      table_interval_json(r->peak), "steady", table_interval_json(r->steady),
                      "sentence", recommend_sentence(r)));
    }
    return json_pack("{s:s, s:s, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "run_id",
                     analysis->info->run_id, "folder", analysis->info->folder, "samples",
                     (json_int_t)analysis->samples->count, "failed", (json_int_t)analysis->failed,
                     "table", table_json(standings), "claims", table_findings_json(standings),
                     "waste", wastes_json(wastes), "requests", requests_json(analysis), "cells",
                     cells, "recommendations", advice);
}
