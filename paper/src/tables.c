/*
 * tables.c - rows from the run into tabulars. See tables.h.
 *
 * What has no number says why: "failed" where a sample did not end well. Marks
 * stand for verdicts, never for medians.
 */
#include "tables.h"

#include "file.h"
#include "tex.h"

#include <math.h>
#include <string.h>

/* Of a peer's row, from hakmem's side. */
static const char *const marks[OUTCOMES] = {"\\win", "\\loss", "\\none", "\\few"};

static char *ratio_cell(const cell_stats_t *cell, measure_t measure) {
    if (!cell) {
        return "---";
    }
    interval_t r = cell->ratio[measure];
    if (isnan(r.mid)) {
        return cell->failed ? "failed" : "no pair";
    }
    if (isnan(r.lo)) { /* of one launch */
        return text_format("%s%s", tex_short(r.mid), marks[run_outcome(cell, measure)]);
    }
    return text_format("%s{\\scriptsize\\,[%s, %s]}%s", tex_short(r.mid), tex_short(r.lo),
                       tex_short(r.hi), marks[run_outcome(cell, measure)]);
}

/* Million operations per second, or resident bytes per requested byte. */
static char *own_cell(const cell_stats_t *cell, measure_t measure) {
    double unit = measure == MEASURE_THROUGHPUT ? 1e6 : 1;
    double value = cell ? cell->spread[measure].median / unit : (double)NAN;
    return !isnan(value) ? tex_short(value) : cell && cell->failed ? "failed" : "---";
}

/* ---- the frame ---- */

static FILE *table_open(const char *folder, const char *name) {
    return file_create(text_format("%s/table-%s.tex", folder, name));
}

/* What each table ends with. */
static void table_close(FILE *file, const char *kind) {
    fprintf(file, "\\bottomrule\n\\end{%s}\n", kind);
    file_finish(file, "a table of the paper");
}

static void end_row(FILE *file) {
    fputs(" \\\\\n", file);
}

static void begin_body(FILE *file) {
    fputs(" \\\\\n\\midrule\n", file);
}

static void put_columns(FILE *file, size_t count, char kind) {
    for (size_t i = 0; i < count; i++) {
        fputc(kind, file);
    }
}

static void put_workload(FILE *file, const run_t *run, const char *name) {
    fprintf(file, "\\texttt{%s}%s", tex_escape(name), run_is_heavy(run, name) ? "" : "$^\\circ$");
}

/* One row per workload, one column per peer: the ratio to hakmem. */
static void write_comparison(const char *folder, const run_t *run, measure_t measure) {
    bool memory = measure == MEASURE_PEAK;
    FILE *file = table_open(folder, memory ? "memory" : "throughput");
    size_t allocators = run_allocators(run);
    fputs("\\begin{tabular}{@{}lr", file);
    put_columns(file, allocators - 1, 'l');
    fprintf(file, "@{}}\n\\toprule\nworkload & hakmem%s", memory ? ", B/B" : ", Mop/s");
    for (size_t a = 1; a < allocators; a++) {
        const char *key = run_allocator(run, a, "key");
        fprintf(file, " & %s", tex_escape(run_allocator_name(run, key)));
    }
    begin_body(file);
    for (size_t w = 0; w < run_workloads(run); w++) {
        const char *workload = run_workload(run, w, "name");
        put_workload(file, run, workload);
        fprintf(file, " & %s", own_cell(run_cell(run, workload, "hakmem"), measure));
        for (size_t a = 1; a < allocators; a++) {
            const cell_stats_t *c = run_cell(run, workload, run_allocator(run, a, "key"));
            fprintf(file, " & %s", ratio_cell(c, measure));
        }
        end_row(file);
    }
    table_close(file, "tabular");
}

static void write_usable(const char *folder, const run_t *run, const usable_t *usable) {
    FILE *file = table_open(folder, "usable");
    fputs("\\begin{tabular}{@{}l", file);
    put_columns(file, USABLE_SIZES, 'r');
    fputs("@{}}\n\\toprule\n & \\multicolumn{6}{c}{bytes requested} \\\\\n", file);
    for (size_t s = 0; s < USABLE_SIZES; s++) {
        fprintf(file, " & %s", tex_number((double)usable_requests[s], 0));
    }
    begin_body(file);
    for (size_t a = 0; a < run_allocators(run); a++) {
        fprintf(file, "%s", tex_escape(run_allocator_name(run, usable[a].key)));
        for (size_t s = 0; s < USABLE_SIZES; s++) {
            fprintf(file, " & %s",
                    tex_number(100 * usable_waste(usable_requests[s], usable[a].bytes[s]), 1));
        }
        end_row(file);
    }
    table_close(file, "tabular");
}

static void write_workloads(const char *folder, const run_t *run) {
    FILE *file = table_open(folder, "workloads");
    fputs("\\begin{tabularx}{\\textwidth}{@{}lllX@{}}\n\\toprule\nworkload & source & touched & "
          "what it stands for \\\\\n\\midrule\n",
          file);
    for (size_t w = 0; w < run_workloads(run); w++) {
        const char *name = run_workload(run, w, "name"), *touch = run_workload(run, w, "touch");
        put_workload(file, run, name);
        fprintf(file, " & %s & %s & %s \\\\\n", tex_escape(run_workload(run, w, "source")),
                strcmp(touch, "first") == 0  ? "first byte"
                : strcmp(touch, "page") == 0 ? "each page"
                                             : "whole block",
                tex_escape(run_workload(run, w, "stands_for")));
    }
    table_close(file, "tabularx");
}

static void write_allocators(const char *folder, const run_t *run) {
    FILE *file = table_open(folder, "allocators");
    fputs("\\begin{tabular}{@{}lll@{}}\n\\toprule\nallocator & version & SHA-256 \\\\\n"
          "\\midrule\n",
          file);
    for (size_t a = 0; a < run_allocators(run); a++) {
        fprintf(file, "%s & %s & \\texttt{%.10s}\\dots \\\\\n",
                tex_escape(run_allocator(run, a, "name")),
                tex_escape(run_allocator(run, a, "version")),
                tex_escape(run_allocator(run, a, "sha256")));
    }
    table_close(file, "tabular");
}

/* "-9.1 % ... +2.0 %" over the grid's pairs. */
static char *range_of(const run_t *run, const char *workload, measure_t measure) {
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < run->analysis.count; i++) {
        const cell_stats_t *c = &run->analysis.cells[i];
        double ratio = c->ratio[measure].mid;
        if (run_is_of_grid(c, workload) && !isnan(ratio)) {
            least = fmin(least, ratio);
            most = fmax(most, ratio);
        }
    }
    return least > most ? "no pair"
                        : text_format("%s \\dots\\ %s", tex_change(least), tex_change(most));
}

static void write_grid_row(FILE *file, const run_t *run, const char *workload) {
    const cell_stats_t *c = run_grid_default(run, workload), *strict = NULL;
    if (!c) {
        return;
    }
    for (size_t i = 0; i < run->analysis.count; i++) {
        const cell_stats_t *o = &run->analysis.cells[i];
        if (run_is_of_grid(o, workload) &&
            (!strict || o->wmax_mid + o->wmax_large < strict->wmax_mid + strict->wmax_large)) {
            strict = o;
        }
    }
    fprintf(file, "\\texttt{%s} & %s & %s & %s & %s & %s & %s & %s & %s \\\\\n",
            tex_escape(workload), own_cell(c, MEASURE_THROUGHPUT),
            range_of(run, workload, MEASURE_THROUGHPUT),
            tex_percent(run_noise(run, PHASE_GRID, workload, MEASURE_THROUGHPUT), 1),
            own_cell(c, MEASURE_PEAK), range_of(run, workload, MEASURE_PEAK),
            tex_percent(run_noise(run, PHASE_GRID, workload, MEASURE_PEAK), 1),
            isnan(c->threshold_ppm) ? "failed" : tex_number(c->threshold_ppm, 0),
            isnan(strict->threshold_ppm) ? "failed" : tex_number(strict->threshold_ppm, 0));
}

static void write_grid(const char *folder, const run_t *run) {
    FILE *file = table_open(folder, "grid");
    fputs("\\begin{tabular}{@{}lrrrrrrrr@{}}\n\\toprule\n"
          " & \\multicolumn{3}{c}{throughput} & \\multicolumn{3}{c}{peak memory per requested "
          "byte} & \\multicolumn{2}{c}{Threshold per Mop} \\\\\n"
          "\\cmidrule(lr){2-4}\\cmidrule(lr){5-7}\\cmidrule(l){8-9}\n"
          "workload & Mop/s & range over the grid & noise & B/B & range over the grid & noise & "
          "default & strictest \\\\\n\\midrule\n",
          file);
    for (size_t w = 0; w < run_workloads(run); w++) {
        write_grid_row(file, run, run_workload(run, w, "name"));
    }
    table_close(file, "tabular");
}

static void write_tally(FILE *file, const run_t *run, const char *key, measure_t measure) {
    size_t of[OUTCOMES] = {0}, counted = 0;
    double logs = 0;
    for (size_t w = 0; w < run_workloads(run); w++) {
        const cell_stats_t *c = run_cell(run, run_workload(run, w, "name"), key);
        if (c) {
            of[run_outcome(c, measure)]++;
            logs += isnan(c->ratio[measure].mid) ? 0 : log(c->ratio[measure].mid);
            counted += !isnan(c->ratio[measure].mid);
        }
    }
    for (outcome_kind_t kind = 0; kind < OUTCOMES; kind++) {
        fprintf(file, " & %zu", of[kind]);
    }
    fprintf(file, " & %s", counted ? tex_short(exp(logs / (double)counted)) : "---");
}

static void write_peers(const char *folder, const run_t *run) {
    FILE *file = table_open(folder, "peers");
    fputs("\\begin{tabular}{@{}lrrrrrrrrrr@{}}\n\\toprule\n"
          " & \\multicolumn{5}{c}{throughput} & \\multicolumn{5}{c}{peak memory} \\\\\n"
          "\\cmidrule(lr){2-6}\\cmidrule(l){7-11}\n"
          "peer & \\win & \\loss & \\none & \\few & mean & \\win & \\loss & \\none & \\few & mean "
          "\\\\\n\\midrule\n",
          file);
    for (size_t a = 1; a < run_allocators(run); a++) {
        const char *key = run_allocator(run, a, "key");
        fprintf(file, "%s", tex_escape(run_allocator_name(run, key)));
        write_tally(file, run, key, MEASURE_THROUGHPUT);
        write_tally(file, run, key, MEASURE_PEAK);
        end_row(file);
    }
    table_close(file, "tabular");
}

void tables_write(const char *folder, const run_t *run, const usable_t *usable) {
    write_usable(folder, run, usable);
    write_workloads(folder, run);
    write_allocators(folder, run);
    write_grid(folder, run);
    write_comparison(folder, run, MEASURE_THROUGHPUT);
    write_comparison(folder, run, MEASURE_PEAK);
    write_peers(folder, run);
}
