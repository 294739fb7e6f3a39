/*
 * numbers.c - from a results folder to the LaTeX that the paper includes.
 *
 *   numbers RUN ROOT PROBE OUT
 *
 * RUN is the results folder, ROOT the tree, PROBE the usable-size program, OUT the build folder.
 * Writes OUT/numbers.tex (one macro per number or data-driven sentence), OUT/table-*.tex, and
 * OUT/figures.txt, the names of the run's figures that the paper shows. Whatever is missing ends it
 * with exit status 1 and a message that names it.
 */
#include "csv.h"
#include "file.h"
#include "options_table.h"
#include "run.h"
#include "sentences.h"
#include "tables.h"
#include "tex.h"
#include "usable.h"

#include <errno.h>
#include <string.h>
#include <time.h>

static char *day(double unix_ns) {
    time_t seconds = (time_t)(unix_ns / 1e9);
    struct tm parts;
    char text[64];
    gmtime_r(&seconds, &parts);
    strftime(text, sizeof text, "%B %Y", &parts);
    return text_format("%d %s", parts.tm_mday, text);
}

static char *command_line(const run_t *run) {
    const json_t *words = run_fact(run, "command_line");
    char *out = NULL;
    for (size_t i = 0; i < json_array_size(words); i++) {
        const char *word = json_string_value(json_array_get(words, i));
        const char *slash = i == 0 && word ? strrchr(word, '/') : NULL;
        word = slash ? slash + 1 : word;
        out = out ? text_format("%s %s", out, word) : text_format("%s", word);
    }
    /* However it was started, the user's command is run_sweep. */
    return out ? text_format("./run_sweep%s", out + strcspn(out, " ")) : NULL;
}

static char *source(const run_t *run) {
    const json_t *fact = json_object_get(run->info.manifest, "source");
    const char *commit = json_string_value(json_object_get(fact, "commit"));
    if (!commit) {
        return "a tree outside of version control";
    }
    return text_format("commit \\texttt{%.12s}%s", commit,
                       json_is_true(json_object_get(fact, "modified")) ? " with local changes"
                                                                       : "");
}

static char *machine_text(const run_t *run, const char *key) {
    const char *text = run_fact_text(run, text_format("machine/%s", key));
    return tex_escape(text);
}

static void machine_macros(const run_t *run) {
    macro_text("Cpu", machine_text(run, "cpu"));
    macro_number("Cores", run_fact_number(run, "machine/cores"), 0);
    macro_number("MemoryGib", run_fact_number(run, "machine/memory_bytes") / (1 << 30), 1);
    macro_text("Kernel", machine_text(run, "kernel"));
    macro_text("Distribution", machine_text(run, "distribution"));
    macro_text("Governor", machine_text(run, "governor"));
    macro_text("Thp", machine_text(run, "thp_enabled"));
    macro_text("Aslr", machine_text(run, "aslr"));
}

static void run_macros(const run_t *run) {
    macro_text("RunId", tex_escape(run_fact_text(run, "run_id")));
    macro_text("RunDay", day(run_fact_number(run, "started_unix_ns")));
    macro_text("Command", tex_escape(command_line(run)));
    macro_text("Source", source(run));
    macro_number("Seed", run_fact_number(run, "seed"), 0);
    macro_text("Version", tex_escape(run_allocator(run, 0, "version")));
    size_t count = run_allocators(run), heavy = 0, recorded = 0;
    char **names = text_alloc(count * sizeof *names);
    for (size_t a = 1; a < count; a++) {
        names[a - 1] =
            text_format("%s~%s", tex_escape(run_allocator_name(run, run_allocator(run, a, "key"))),
                        tex_escape(run_allocator(run, a, "version")));
    }
    for (size_t w = 0; w < run_workloads(run); w++) {
        heavy += run_is_heavy(run, run_workload(run, w, "name"));
        recorded += strcmp(run_workload(run, w, "source"), "recorded") == 0;
    }
    macro_text("Peers", text_join(names, count - 1));
    macro_text("PeerCount", text_count(count - 1, "none"));
    macro_text("Workloads", text_count(run_workloads(run), "none"));
    macro_text("HeavyCount", text_count(heavy, "none"));
    macro_text("RecordedCount", text_count(recorded, "none"));
}

/* --reps gives every phase the same number; else the run fixed one for each. */
static void repetition_macros(const run_t *run) {
    static const char *const phases[][2] = {
        {"grid", "RepsGrid"}, {"compare", "RepsCompare"}, {"confirm", "RepsConfirm"}};
    for (size_t i = 0; i < 3; i++) {
        macro_number(phases[i][1],
                     run_fact_number(run, text_format("repetitions/%s", phases[i][0])), 0);
    }
}

/* gnuplot would only warn about a table or column that is not there. */
static void check_figure_table(const run_t *run, const char *table, const char *workload) {
    static const char *const columns[] = {"throughput_ratio", "peak_ratio"};
    static const char *const of_grid[] = {"is_default", "mid_place", "large_place", "wmax_mid",
                                          "wmax_large"};
    static const char *const of_compare[] = {"allocator", "throughput_ratio_lo",
                                             "throughput_ratio_hi", "peak_ratio_lo",
                                             "peak_ratio_hi"};
    bool grid = strcmp(table, "grid") == 0;
    csv_t csv;
    if (!csv_load(run->folder, text_format("%s-%s", table, workload), &csv) || csv.rows == 0) {
        fail("%s is missing: make the derived data with ./run_sweep report", csv.path);
    }
    for (size_t i = 0; i < 7; i++) {
        const char *column = i < 2 ? columns[i] : grid ? of_grid[i - 2] : of_compare[i - 2];
        if (!csv_text(&csv, 0, column)) {
            fail("%s has no column '%s'", csv.path, column);
        }
    }
}

static void write_figures(const char *out, const run_t *run) {
    FILE *file = file_create(text_format("%s/figures.txt", out));
    size_t shown = 0;
    for (size_t w = 0; w < run_workloads(run) && shown == 0; w++) {
        const char *name = run_workload(run, w, "name");
        if (run_grid_default(run, name)) {
            fprintf(file, "grid-failures-%s\n", name);
            shown++;
        }
    }
    file_finish(file, "figures.txt");
    file = file_create(text_format("%s/workloads.txt", out));
    for (size_t w = 0; w < run_workloads(run); w++) {
        const char *name = run_workload(run, w, "name");
        if (run_grid_default(run, name)) {
            check_figure_table(run, "grid", name);
        }
        if (run_cell(run, name, "hakmem")) {
            check_figure_table(run, "compare", name);
            fprintf(file, "%s %s\n", run_grid_default(run, name) ? "grid" : "plain", name);
        }
    }
    file_finish(file, "workloads.txt");
    file = file_create(text_format("%s/peers.txt", out));
    for (size_t a = 1; a < run_allocators(run); a++) {
        fprintf(file, "%s\n", run_allocator(run, a, "key"));
    }
    file_finish(file, "peers.txt");
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fputs("usage: numbers RUN ROOT PROBE OUT\n", stderr);
        return 2;
    }
    static char own_name[] = "paper";
    program_invocation_short_name = own_name; /* messages begin with it */
    run_t run;
    run_load(argv[1], &run);
    usable_t *usable = usable_measure(&run, argv[2], argv[3]);
    macro_open(text_format("%s/numbers.tex", argv[4]));
    run_macros(&run);
    machine_macros(&run);
    repetition_macros(&run);
    options_write_macros();
    sentences_usable(&run, usable);
    sentences_quality(&run);
    sentences_grid(&run, usable);
    sentences_comparison(&run);
    macro_close();
    options_write_table(argv[4]);
    tables_write(argv[4], &run, usable);
    write_figures(argv[4], &run);
    return 0;
}
