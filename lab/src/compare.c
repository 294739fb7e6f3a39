/*
 * compare.c - two runs against each other. See compare.h.
 */
#include "compare.h"

#include "analysis.h"
#include "text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct run {
    run_info_t info;
    samples_t samples;
    analysis_t analysis;
} run_t;

static void load(const char *folder, run_t *out) {
    manifest_load(folder, &out->info);
    samples_load(text_format("%s/samples.jsonl", folder), &out->samples);
    analysis_make(&out->info, &out->samples, &out->analysis);
}

static size_t values_of(const run_t *run, const char *cell, measure_t measure, double **out) {
    size_t count = 0;
    *out = text_alloc((run->samples.count + 1) * sizeof **out);
    for (size_t i = 0; i < run->samples.count; i++) {
        if (strcmp(run->samples.items[i].cell, cell) == 0) {
            (*out)[count] = sample_compared(&run->samples.items[i], measure);
            count += !isnan((*out)[count]);
        }
    }
    return count;
}

/* B over A. */
static interval_t ratio_of(const run_t *a, const run_t *b, const char *cell, measure_t measure) {
    double *mine, *theirs;
    size_t b_count = values_of(b, cell, measure, &mine);
    size_t a_count = values_of(a, cell, measure, &theirs);
    interval_t out = stats_unpaired_ratio(mine, b_count, theirs, a_count);
    free(mine);
    free(theirs);
    return out;
}

static bool unchanged(const run_t *a, const run_t *b, const char *allocator) {
    const char *old = manifest_row(a->info.allocators, "key", allocator, "sha256");
    const char *new = manifest_row(b->info.allocators, "key", allocator, "sha256");
    return *old && strcmp(old, new) == 0;
}

/* Drift of a workload: geometric mean of B/A over the other allocators that did not change. */
static double drift_of(const run_t *a, const run_t *b, const char *workload, measure_t measure) {
    double logs = 0;
    size_t count = 0;
    for (size_t i = 0; i < b->analysis.count; i++) {
        const cell_stats_t *c = &b->analysis.cells[i];
        if (c->phase != PHASE_COMPARE || strcmp(c->workload, workload) != 0 ||
            text_starts(c->allocator, "hakmem") || !unchanged(a, b, c->allocator)) {
            continue;
        }
        interval_t r = ratio_of(a, b, c->id, measure);
        if (!isnan(r.mid)) {
            logs += log(r.mid);
            count++;
        }
    }
    return count ? exp(logs / (double)count) : 1;
}

static double floor_of(const run_t *a, const run_t *b, const char *workload, measure_t measure,
                       size_t pairs, double drift) {
    double floor = fabs(log(drift));
    const run_t *const runs[] = {a, b};
    for (size_t i = 0; i < 2; i++) {
        double own = analysis_floor(&runs[i]->analysis, workload, measure, pairs);
        floor = own > floor ? own : floor;
    }
    return floor;
}

static const cell_stats_t *twin_of(const run_t *a, const cell_stats_t *c) {
    return analysis_find(&a->analysis, c->phase, c->workload, c->allocator, c->wmax_mid,
                         c->wmax_large);
}

typedef struct row {
    const cell_stats_t *cell;
    interval_t ratio[MEASURES];
    verdict_t verdict[MEASURES];
    double floor[MEASURES];
    bool worse, open, new_failures; /* open: not worse, and not shown to be as good */
} row_t;

/* Two runs differ by when they were made, too: what is within the floor is decided neither way. */
static verdict_t verdict_of(const row_t *row, measure_t measure, double p, double margin) {
    verdict_t verdict = stats_verdict(row->ratio[measure], p, margin);
    bool within = fabs(log(row->ratio[measure].mid)) <= log1p(row->floor[measure]);
    return stats_differs(verdict) && within ? VERDICT_UNDECIDED : verdict;
}

static row_t compare_cell(const run_t *a, const run_t *b, const cell_stats_t *c,
                          const cell_stats_t *old) {
    row_t row = {.cell = c, .new_failures = c->failed > 0 && old->failed == 0};
    for (measure_t m = 0; m < MEASURES; m++) {
        row.ratio[m] = ratio_of(a, b, c->id, m);
        double drift = drift_of(a, b, c->workload, m);
        row.floor[m] = floor_of(a, b, c->workload, m, row.ratio[m].pairs, drift);
        row.verdict[m] = verdict_of(&row, m, row.ratio[m].p, b->info.margin);
    }
    return row;
}

/* Sure to be no worse by more than the margin, or by more than two runs differ anyhow. */
static bool is_as_good(const row_t *row, double margin) {
    double speed = fmax(margin, row->floor[MEASURE_THROUGHPUT]);
    double peak = fmax(margin, row->floor[MEASURE_PEAK]);
    return stats_not_lower(row->ratio[MEASURE_THROUGHPUT], speed) &&
           (row->ratio[MEASURE_PEAK].pairs == 0 ||
            stats_not_higher(row->ratio[MEASURE_PEAK], peak));
}

/* Of the two measures that are judged, over all rows: else of fifty equal cells two or three would
 * look worse in every comparison. */
static void correct_rows(row_t *rows, size_t count, double margin) {
    static const measure_t judged[] = {MEASURE_THROUGHPUT, MEASURE_PEAK};
    double *p = text_alloc((2 * count + 1) * sizeof *p);
    for (size_t i = 0; i < 2 * count; i++) {
        p[i] = rows[i / 2].ratio[judged[i % 2]].p;
    }
    stats_holm(p, 2 * count);
    for (size_t i = 0; i < 2 * count; i++) {
        verdict_t *verdict = &rows[i / 2].verdict[judged[i % 2]];
        *verdict = verdict_of(&rows[i / 2], judged[i % 2], p[i], margin);
    }
    for (size_t i = 0; i < count; i++) {
        rows[i].worse = rows[i].verdict[MEASURE_THROUGHPUT] == VERDICT_LOWER ||
                        rows[i].verdict[MEASURE_PEAK] == VERDICT_HIGHER || rows[i].new_failures;
        rows[i].open =
            rows[i].cell->phase == PHASE_COMPARE && !rows[i].worse && !is_as_good(&rows[i], margin);
    }
    free(p);
}

static json_t *row_json(const row_t *row) {
    const interval_t *speed = &row->ratio[MEASURE_THROUGHPUT], *peak = &row->ratio[MEASURE_PEAK];
    /* JSON has no NaN: a row without common samples has null ratios */
    json_t *numbers[6];
    const double values[] = {speed->mid, speed->lo, speed->hi, peak->mid, peak->lo, peak->hi};
    for (size_t i = 0; i < 6; i++) {
        numbers[i] = isfinite(values[i]) ? json_real(values[i]) : json_null();
    }
    return json_pack("{s:s, s:[o,o,o], s:s, s:[o,o,o], s:s, s:b}", "cell", row->cell->id,
                     "throughput", numbers[0], numbers[1], numbers[2], "throughput_verdict",
                     analysis_word(row->verdict[MEASURE_THROUGHPUT], MEASURE_THROUGHPUT), "peak",
                     numbers[3], numbers[4], numbers[5], "peak_verdict",
                     analysis_word(row->verdict[MEASURE_PEAK], MEASURE_PEAK), "worse", row->worse);
}

static void print_row(const row_t *row) {
    const interval_t *speed = &row->ratio[MEASURE_THROUGHPUT], *peak = &row->ratio[MEASURE_PEAK];
    printf("%-40s %6.3f [%.3f, %.3f] +-%.1f %% %-13s  %6.3f [%.3f, %.3f] +-%.1f %% %-13s%s\n",
           row->cell->id, speed->mid, speed->lo, speed->hi, 100 * row->floor[MEASURE_THROUGHPUT],
           analysis_word(row->verdict[MEASURE_THROUGHPUT], MEASURE_THROUGHPUT), peak->mid, peak->lo,
           peak->hi, 100 * row->floor[MEASURE_PEAK],
           analysis_word(row->verdict[MEASURE_PEAK], MEASURE_PEAK),
           row->new_failures ? "  fails, and did not in A" : "");
}

/* The same command on the same inputs. The driver itself (the command's first word) may have been
 * rebuilt in between; print_head says so. */
static bool same_work(const run_t *a, const run_t *b, const char *workload) {
    const run_t *const runs[] = {a, b};
    const json_t *command[2], *files[2];
    for (size_t i = 0; i < 2; i++) {
        const json_t *rows = runs[i]->info.workloads;
        command[i] = json_object_get(json_array_get(rows, manifest_place(rows, "name", workload)),
                                     "command");
        files[i] = json_object_get(runs[i]->info.manifest, "files");
    }
    bool same = json_equal(command[0], command[1]);
    for (size_t i = 1; same && i < json_array_size(command[0]); i++) {
        const char *word = json_string_value(json_array_get(command[0], i));
        const json_t *old = json_object_get(files[0], word);
        same = !old || json_equal(old, json_object_get(files[1], word));
    }
    return same;
}

/* Cells that both runs have, of hakmem itself; COMPARE, and GRID for the settings. */
static bool is_judged(const cell_stats_t *c) {
    return (c->phase == PHASE_COMPARE || c->phase == PHASE_GRID) &&
           strcmp(c->allocator, "hakmem") == 0;
}

static void print_head(const run_t *a, const run_t *b) {
    printf("A: %s   B: %s\nRatios are B over A with 95 %% intervals, then the noise floor; judged "
           "are hakmem's cells.\n",
           a->info.run_id, b->info.run_id);
    const json_t *old = json_object_get(a->info.manifest, "files");
    json_t *file;
    const char *path;
    json_object_foreach(json_object_get(b->info.manifest, "files"), path, file) {
        if (text_starts(path, "bin/") && !json_equal(file, json_object_get(old, path))) {
            printf("note: the driver %s is not the same file in A and B\n", path);
        }
    }
    const json_t *workloads = b->info.workloads;
    for (size_t i = 0; i < json_array_size(workloads); i++) {
        const char *name = json_string_value(json_object_get(json_array_get(workloads, i), "name"));
        double drift = drift_of(a, b, name, MEASURE_THROUGHPUT);
        if (drift != 1) {
            printf("drift of the unchanged allocators on %s: %+.1f %% throughput\n", name,
                   100 * (drift - 1));
        }
    }
    printf("%-40s %-45s  %s\n", "cell", "throughput", "peak memory per requested byte, if any");
}

/* The rows of all cells that can be compared, corrected; `left_out`: cells of other work. */
static row_t *compare_cells(const run_t *a, const run_t *b, size_t *count, size_t *left_out) {
    row_t *rows = text_alloc((b->analysis.count + 1) * sizeof *rows);
    *count = *left_out = 0;
    for (size_t i = 0; i < b->analysis.count; i++) {
        const cell_stats_t *c = &b->analysis.cells[i], *old = twin_of(a, c);
        if (!old || !is_judged(c)) {
            continue;
        }
        if (same_work(a, b, c->workload)) {
            rows[(*count)++] = compare_cell(a, b, c, old);
        } else {
            (*left_out)++;
        }
    }
    correct_rows(rows, *count, b->info.margin);
    return rows;
}

int compare_runs(const char *folder_a, const char *folder_b, bool json) {
    run_t *a = text_alloc(sizeof *a), *b = text_alloc(sizeof *b);
    load(folder_a, a);
    load(folder_b, b);
    size_t common, worse = 0, open = 0, left_out;
    row_t *rows = compare_cells(a, b, &common, &left_out);
    if (left_out) {
        warn("%zu cells left out: the workload has another command or input in B", left_out);
    }
    if (common == 0) {
        fail("the two runs have no cell of hakmem in common");
    }
    json_t *list = json_array();
    if (!json) {
        print_head(a, b);
    }
    for (size_t i = 0; i < common; i++) {
        worse += rows[i].worse;
        open += rows[i].open;
        json_array_append_new(list, row_json(&rows[i]));
        if (!json) {
            print_row(&rows[i]);
        }
    }
    if (json) {
        json_dumpf(json_pack("{s:s, s:s, s:I, s:I, s:o}", "a", a->info.run_id, "b", b->info.run_id,
                             "worse", (json_int_t)worse, "undecided", (json_int_t)open, "rows",
                             list),
                   stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        printf("\n%zu of %zu cells are worse in B; of %zu it is undecided\n", worse, common, open);
        json_decref(list);
    }
    free(rows);
    return worse ? 1 : open ? COMPARE_UNDECIDED : 0;
}
