/*
 * tables.c - rows from the run into tabulars. See tables.h.
 *
 * What has no number says why: "failed" where a sample did not end well, "few" where there are too
 * few pairs for a verdict. Marks stand for verdicts, never for medians: a difference inside the
 * noise has none.
 */
#include "tables.h"

#include "text.h"

#include <math.h>
#include <string.h>

/* Of a peer's row: \win, \loss or \none from hakmem's side. */
static const char *mark(const char *verdict) {
    if (strcmp(verdict, "slower") == 0 || strcmp(verdict, "more") == 0) {
        return "\\win";
    }
    if (strcmp(verdict, "faster") == 0 || strcmp(verdict, "less") == 0) {
        return "\\loss";
    }
    return strcmp(verdict, "too few") == 0 ? "\\few" : "\\none";
}

static char *ratio_cell(const cell_t *cell, bool memory) {
    if (!cell) {
        return "---";
    }
    const measure_t *m = memory ? &cell->peak : &cell->speed;
    if (isnan(m->ratio)) {
        return cell->failed ? "failed" : "no pair";
    }
    return text_format("%s{\\scriptsize\\,[%s, %s]}%s", tex_short(m->ratio), tex_short(m->lo),
                       tex_short(m->hi), mark(m->verdict));
}

/* Million operations per second, or resident bytes per requested byte. */
static char *own_cell(const cell_t *cell, bool memory) {
    double value = !cell ? (double)NAN : memory ? cell->peak.median : cell->speed.median / 1e6;
    return !isnan(value) ? tex_short(value) : cell && cell->failed ? "failed" : "---";
}

/* One row per workload, one column per peer: the ratio to hakmem. */
static void write_comparison(const char *folder, const run_t *run, bool memory) {
    const char *name = memory ? "table-memory.tex" : "table-throughput.tex";
    FILE *file = file_create(folder, name);
    size_t allocators = run_allocators(run);
    fputs("\\begin{tabular}{@{}lr", file);
    for (size_t a = 1; a < allocators; a++) {
        fputc('l', file);
    }
    fprintf(file, "@{}}\n\\toprule\nworkload & hakmem%s", memory ? ", B/B" : ", Mop/s");
    for (size_t a = 1; a < allocators; a++) {
        const char *key = run_allocator(run, a, "key");
        fprintf(file, " & %s", tex_escape(run_allocator_name(run, key)));
    }
    fputs(" \\\\\n\\midrule\n", file);
    for (size_t w = 0; w < run_workloads(run); w++) {
        const char *workload = run_workload(run, w, "name");
        const cell_t *own = run_cell(run, "compare", workload, "hakmem");
        fprintf(file, "\\texttt{%s}%s & %s", tex_escape(workload),
                run_is_heavy(run, workload) ? "" : "$^\\circ$", own_cell(own, memory));
        for (size_t a = 1; a < allocators; a++) {
            const cell_t *c = run_cell(run, "compare", workload, run_allocator(run, a, "key"));
            fprintf(file, " & %s", ratio_cell(c, memory));
        }
        fputs(" \\\\\n", file);
    }
    fputs("\\bottomrule\n\\end{tabular}\n", file);
    file_finish(file, name);
}

static void write_usable(const char *folder, const run_t *run, const usable_t *usable) {
    FILE *file = file_create(folder, "table-usable.tex");
    fputs("\\begin{tabular}{@{}l", file);
    for (size_t s = 0; s < USABLE_SIZES; s++) {
        fputc('r', file);
    }
    fputs("@{}}\n\\toprule\n & \\multicolumn{6}{c}{bytes requested} \\\\\n", file);
    for (size_t s = 0; s < USABLE_SIZES; s++) {
        fprintf(file, " & %s", tex_number((double)usable_requests[s], 0));
    }
    fputs(" \\\\\n\\midrule\n", file);
    for (size_t a = 0; a < run_allocators(run); a++) {
        fprintf(file, "%s", tex_escape(run_allocator_name(run, usable[a].key)));
        for (size_t s = 0; s < USABLE_SIZES; s++) {
            fprintf(file, " & %s",
                    tex_number(100 * usable_waste(usable_requests[s], usable[a].bytes[s]), 1));
        }
        fputs(" \\\\\n", file);
    }
    fputs("\\bottomrule\n\\end{tabular}\n", file);
    file_finish(file, "table-usable.tex");
}

static void write_workloads(const char *folder, const run_t *run) {
    FILE *file = file_create(folder, "table-workloads.tex");
    fputs("\\begin{tabularx}{\\textwidth}{@{}lllX@{}}\n\\toprule\nworkload & source & touched & "
          "what it stands for \\\\\n\\midrule\n",
          file);
    for (size_t w = 0; w < run_workloads(run); w++) {
        const char *name = run_workload(run, w, "name"), *touch = run_workload(run, w, "touch");
        fprintf(file, "\\texttt{%s}%s & %s & %s & %s \\\\\n", tex_escape(name),
                run_is_heavy(run, name) ? "" : "$^\\circ$",
                tex_escape(run_workload(run, w, "source")),
                strcmp(touch, "first") == 0  ? "first byte"
                : strcmp(touch, "page") == 0 ? "each page"
                                             : "whole block",
                tex_escape(run_workload(run, w, "stands_for")));
    }
    fputs("\\bottomrule\n\\end{tabularx}\n", file);
    file_finish(file, "table-workloads.tex");
}

static void write_allocators(const char *folder, const run_t *run) {
    FILE *file = file_create(folder, "table-allocators.tex");
    fputs("\\begin{tabular}{@{}lll@{}}\n\\toprule\nallocator & version & SHA-256 \\\\\n"
          "\\midrule\n",
          file);
    for (size_t a = 0; a < run_allocators(run); a++) {
        fprintf(file, "%s & %s & \\texttt{%.10s}\\dots \\\\\n",
                tex_escape(run_allocator(run, a, "name")),
                tex_escape(run_allocator(run, a, "version")),
                tex_escape(run_allocator(run, a, "sha256")));
    }
    fputs("\\bottomrule\n\\end{tabular}\n", file);
    file_finish(file, "table-allocators.tex");
}

/* "-9.1 % ... +2.0 %" over the grid's pairs. */
static char *range_of(const run_t *run, const char *workload, bool memory) {
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < run->cell_count; i++) {
        const cell_t *c = &run->cells[i];
        double ratio = memory ? c->peak.ratio : c->speed.ratio;
        if (strcmp(c->phase, "grid") == 0 && strcmp(c->workload, workload) == 0 &&
            strcmp(c->allocator, "hakmem") == 0 && !isnan(ratio)) {
            least = fmin(least, ratio);
            most = fmax(most, ratio);
        }
    }
    return least > most ? "no pair"
                        : text_format("%s \\dots\\ %s", tex_change(least), tex_change(most));
}

static void write_grid_row(FILE *file, const run_t *run, const char *workload) {
    const cell_t *c = run_grid_default(run, workload), *strict = NULL;
    if (!c) {
        return;
    }
    for (size_t i = 0; i < run->cell_count; i++) {
        const cell_t *o = &run->cells[i];
        if (strcmp(o->phase, "grid") == 0 && strcmp(o->workload, workload) == 0 &&
            strcmp(o->allocator, "hakmem") == 0 &&
            (!strict || o->wmax_mid + o->wmax_large < strict->wmax_mid + strict->wmax_large)) {
            strict = o;
        }
    }
    fprintf(file, "\\texttt{%s} & %s & %s & %s & %s & %s & %s & %s & %s \\\\\n",
            tex_escape(workload), own_cell(c, false), range_of(run, workload, false),
            tex_percent(run_noise(run, "grid", workload, "throughput_floor"), 1), own_cell(c, true),
            range_of(run, workload, true),
            tex_percent(run_noise(run, "grid", workload, "peak_floor"), 1),
            isnan(c->threshold) ? "failed" : tex_number(c->threshold, 0),
            isnan(strict->threshold) ? "failed" : tex_number(strict->threshold, 0));
}

static void write_grid(const char *folder, const run_t *run) {
    FILE *file = file_create(folder, "table-grid.tex");
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
    fputs("\\bottomrule\n\\end{tabular}\n", file);
    file_finish(file, "table-grid.tex");
}

typedef struct tally {
    size_t wins, losses, none, few, counted;
    double logs;
} tally_t;

static tally_t tally_peer(const run_t *run, const char *key, bool memory) {
    tally_t out = {0};
    for (size_t w = 0; w < run_workloads(run); w++) {
        const cell_t *c = run_cell(run, "compare", run_workload(run, w, "name"), key);
        if (!c) {
            continue;
        }
        const measure_t *m = memory ? &c->peak : &c->speed;
        const char *kind = mark(m->verdict);
        out.wins += strcmp(kind, "\\win") == 0;
        out.losses += strcmp(kind, "\\loss") == 0;
        out.none += strcmp(kind, "\\none") == 0;
        out.few += strcmp(kind, "\\few") == 0;
        if (!isnan(m->ratio)) {
            out.logs += log(m->ratio);
            out.counted++;
        }
    }
    return out;
}

static void write_tally(FILE *file, tally_t t) {
    fprintf(file, " & %zu & %zu & %zu & %zu & %s", t.wins, t.losses, t.none, t.few,
            t.counted ? tex_short(exp(t.logs / (double)t.counted)) : "---");
}

static void write_peers(const char *folder, const run_t *run) {
    FILE *file = file_create(folder, "table-peers.tex");
    fputs("\\begin{tabular}{@{}lrrrrrrrrrr@{}}\n\\toprule\n"
          " & \\multicolumn{5}{c}{throughput} & \\multicolumn{5}{c}{peak memory} \\\\\n"
          "\\cmidrule(lr){2-6}\\cmidrule(l){7-11}\n"
          "peer & \\win & \\loss & \\none & \\few & mean & \\win & \\loss & \\none & \\few & mean "
          "\\\\\n\\midrule\n",
          file);
    for (size_t a = 1; a < run_allocators(run); a++) {
        const char *key = run_allocator(run, a, "key");
        fprintf(file, "%s", tex_escape(run_allocator_name(run, key)));
        write_tally(file, tally_peer(run, key, false));
        write_tally(file, tally_peer(run, key, true));
        fputs(" \\\\\n", file);
    }
    fputs("\\bottomrule\n\\end{tabular}\n", file);
    file_finish(file, "table-peers.tex");
}

void tables_write(const char *folder, const run_t *run, const usable_t *usable) {
    write_usable(folder, run, usable);
    write_workloads(folder, run);
    write_allocators(folder, run);
    write_grid(folder, run);
    write_comparison(folder, run, false);
    write_comparison(folder, run, true);
    write_peers(folder, run);
}
