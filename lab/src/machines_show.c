/*
 * machines_show.c - see machines_show.h.
 */
#include "machines_show.h"

#include "csv.h"
#include "file.h"
#include "headline.h"
#include "merge.h"
#include "page.h"
#include "report.h"
#include "table.h"
#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *measure_name(measure_t measure) {
    return measure == MEASURE_THROUGHPUT ? "speed" : "peak";
}

/* "A", and behind "Z" numbers. */
static char *letter(size_t machine) {
    return machine < 26 ? text_format("%c", (int)('A' + machine)) : text_format("%zu", machine + 1);
}

static size_t runs_of(const machine_view_t *m) {
    return json_array_size(json_object_get(m->info.manifest, "merged_from"));
}

static char *headline_of(const machine_view_t *m) {
    return m->samples.count > 0 ? headline(&m->analysis, &m->recommendations)
                                : text_copy("No samples yet.");
}

/* "both holds": how many rows of a measure. */
static size_t count_rows(const machines_t *all, measure_t measure, hold_t hold) {
    size_t count = 0;
    for (size_t i = 0; i < all->row_count; i++) {
        count += all->rows[i].measure == measure && all->rows[i].hold == hold;
    }
    return count;
}

static char *counts_text(const machines_t *all, measure_t measure) {
    size_t holds = count_rows(all, measure, HOLD_ALL), differs = count_rows(all, measure, HOLD_NOT);
    size_t open = count_rows(all, measure, HOLD_OPEN), depend = 0;
    for (size_t i = 0; i < all->row_count; i++) {
        depend += all->rows[i].measure == measure && all->rows[i].interacts;
    }
    return text_format("Of %zu verdicts on %s, %zu hold on all machines, %zu differ, %zu are open; "
                       "%zu ratios depend on the machine",
                       holds + differs + open, measure_name(measure), holds, differs, open, depend);
}

/* "tcmalloc on all machines", or by machine. */
static char *best_text(const machines_t *all) {
    char *out = text_copy("");
    bool same = all->count > 0;
    for (size_t i = 0; i < all->count; i++) {
        const char *best = all->items[i].best ? all->items[i].best : "none";
        const char *first = all->items[0].best ? all->items[0].best : "none";
        same = same && strcmp(best, first) == 0;
        out = text_format("%s%s%s on %s", out, i ? ", " : "", best, letter(i));
    }
    return same ? text_format("%s on all machines",
                              all->items[0].best ? all->items[0].best : "none is compared")
                : out;
}

static json_t *missing_of(const machines_t *all) {
    json_t *manifest = json_load_file(text_format("%s/manifest.json", all->folder), 0, NULL);
    json_t *missing = json_object_get(manifest, "missing");
    return missing ? missing : json_array();
}

static void print_machines(FILE *out, const machines_t *all) {
    fprintf(out, "\nMachines. No comparison crosses them: each has its own launches\n");
    for (size_t i = 0; i < all->count; i++) {
        const machine_view_t *m = &all->items[i];
        fprintf(out, "  %s  %s: %s; %zu runs, %zu samples, %zu failed\n     %s\n", letter(i),
                m->name, m->label, runs_of(m), m->samples.count, m->analysis.failed,
                headline_of(m));
    }
    const json_t *missing = missing_of(all);
    for (size_t i = 0; i < json_array_size(missing); i++) {
        fprintf(out, "  missing: %s\n", json_string_value(json_array_get(missing, i)));
    }
}

/* "1.043 faster", or a dash. */
static char *finding(const across_t *row, size_t machine) {
    const cell_stats_t *cell = row->cells[machine];
    return cell && cell->ratio[row->measure].pairs > 0
               ? text_format("%.3f %s", cell->ratio[row->measure].mid,
                             analysis_word(cell->verdict[row->measure], row->measure))
               : text_copy("-");
}

static char *interaction_text(const across_t *row) {
    return isnan(row->p)    ? text_copy("not known")
           : row->interacts ? text_format("yes, p %.2g", row->p)
                            : text_copy("not shown");
}

static void print_rows(FILE *out, const machines_t *all) {
    if (all->row_count == 0) {
        fputs("\nNothing was compared on two machines.\n", out);
        return;
    }
    fprintf(out,
            "\nWhat holds on all machines. Ratios are allocator over hakmem: above 1 is faster, or "
            "more memory. holds: one verdict everywhere; differs: two verdicts; open: undecided "
            "somewhere. depends: is the ratio another one on another machine?\n"
            "  %-22s %-14s %-6s",
            "workload", "allocator", "by");
    for (size_t i = 0; i < all->count; i++) {
        fprintf(out, " %-17s", letter(i));
    }
    fputs(" on all   depends\n", out);
    for (size_t r = 0; r < all->row_count; r++) {
        const across_t *row = &all->rows[r];
        fprintf(out, "  %-22s %-14s %-6s", row->workload, row->allocator,
                measure_name(row->measure));
        for (size_t i = 0; i < all->count; i++) {
            fprintf(out, " %-17s", finding(row, i));
        }
        fprintf(out, " %-8s %s\n", hold_word(row->hold), interaction_text(row));
    }
    fprintf(out, "\n%s.\n%s.\n", counts_text(all, MEASURE_THROUGHPUT),
            counts_text(all, MEASURE_PEAK));
}

static void print_advice(FILE *out, const machines_t *all) {
    if (all->advice_count > 0) {
        fputs("\nDoes a recommendation hold on all machines?\n", out);
    }
    for (size_t a = 0; a < all->advice_count; a++) {
        const advice_t *advice = &all->advice[a];
        fprintf(out, "  %s: %s\n", advice->workload ? advice->workload : "all workloads",
                hold_word(advice->hold));
        for (size_t i = 0; i < all->count; i++) {
            if (advice->items[i]) {
                fprintf(out, "    %s  %s\n", letter(i), recommend_sentence(advice->items[i]));
            }
        }
    }
}

void machines_print(FILE *out, const machines_t *all) {
    print_machines(out, all);
    if (all->count > 1) {
        fprintf(out, "\nMost speed per byte of peak memory: %s\n", best_text(all));
        print_rows(out, all);
        print_advice(out, all);
    }
}

/* ---- derived/ ---- */

static void derive_machines(const machines_t *all) {
    FILE *file = csv_open(all->folder, "machines", "place,machine,label,runs,samples,failed,best");
    for (size_t i = 0; i < all->count; i++) {
        const machine_view_t *m = &all->items[i];
        fprintf(file, "%zu,%s,", i, m->name);
        csv_put_text(file, m->label, ",");
        fprintf(file, "%zu,%zu,%zu,%s\n", runs_of(m), m->samples.count, m->analysis.failed,
                m->best ? m->best : "");
    }
    csv_close(file);
}

static void derive_rows(const machines_t *all) {
    FILE *file =
        csv_open(all->folder, "across",
                 "workload,allocator,measure,machine_place,machine,ratio,ratio_lo,ratio_hi,"
                 "pairs,verdict,on_all,interaction_p,factor,depends");
    for (size_t r = 0; r < all->row_count; r++) {
        const across_t *row = &all->rows[r];
        for (size_t i = 0; i < all->count; i++) {
            const cell_stats_t *cell = row->cells[i];
            if (!cell) {
                continue;
            }
            fprintf(file, "%s,%s,%s,%zu,%s,", row->workload, row->allocator,
                    measure_name(row->measure), i, all->items[i].name);
            csv_put_interval(file, cell->ratio[row->measure]);
            fprintf(file, "%s,%s,", analysis_word(cell->verdict[row->measure], row->measure),
                    hold_word(row->hold));
            CSV_PUT(file, row->p, row->factor);
            fprintf(file, "%d\n", row->interacts);
        }
    }
    csv_close(file);
}

static void derive_advice(const machines_t *all) {
    FILE *file = csv_open(all->folder, "across-recommendations",
                          "workload,on_all,machine_place,machine,recommendation");
    for (size_t a = 0; a < all->advice_count; a++) {
        const advice_t *advice = &all->advice[a];
        for (size_t i = 0; i < all->count; i++) {
            if (advice->items[i]) {
                fprintf(file, "%s,%s,%zu,%s,", advice->workload ? advice->workload : "all",
                        hold_word(advice->hold), i, all->items[i].name);
                csv_put_text(file, recommend_sentence(advice->items[i]), "\n");
            }
        }
    }
    csv_close(file);
}

/* ---- as JSON, for the page and --json ---- */

static json_t *rows_json(const machines_t *all) {
    json_t *out = json_array();
    for (size_t r = 0; r < all->row_count; r++) {
        const across_t *row = &all->rows[r];
        json_t *cells = json_array();
        for (size_t i = 0; i < all->count; i++) {
            const cell_stats_t *cell = row->cells[i];
            json_t *one = cell ? table_interval_json(cell->ratio[row->measure]) : json_null();
            if (json_is_object(one)) {
                json_object_set_new(
                    one, "verdict",
                    json_string(analysis_word(cell->verdict[row->measure], row->measure)));
            }
            json_array_append_new(cells, one);
        }
        json_array_append_new(
            out, json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:b, s:o}", "workload", row->workload,
                           "allocator", row->allocator, "measure", measure_name(row->measure),
                           "on_all", hold_word(row->hold), "interaction_p",
                           table_number_json(row->p), "factor", table_number_json(row->factor),
                           "depends", row->interacts, "machines", cells));
    }
    return out;
}

static json_t *advice_json(const machines_t *all) {
    json_t *out = json_array();
    for (size_t a = 0; a < all->advice_count; a++) {
        const advice_t *advice = &all->advice[a];
        json_t *sentences = json_array();
        for (size_t i = 0; i < all->count; i++) {
            json_array_append_new(sentences, advice->items[i]
                                                 ? json_string(recommend_sentence(advice->items[i]))
                                                 : json_null());
        }
        json_array_append_new(out,
                              json_pack("{s:s?, s:s, s:o}", "workload", advice->workload, "on_all",
                                        hold_word(advice->hold), "machines", sentences));
    }
    return out;
}

static json_t *machines_json(const machines_t *all) {
    json_t *out = json_array();
    for (size_t i = 0; i < all->count; i++) {
        const machine_view_t *m = &all->items[i];
        json_array_append_new(
            out, json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:s?, s:s}", "letter", letter(i), "name",
                           m->name, "label", m->label, "runs", (json_int_t)runs_of(m), "samples",
                           (json_int_t)m->samples.count, "failed", (json_int_t)m->analysis.failed,
                           "best", m->best, "headline", headline_of(m)));
    }
    return out;
}

static json_t *all_json(const machines_t *all) {
    const char *slash = strrchr(all->folder, '/');
    json_t *counts = json_array();
    json_array_append_new(counts, json_string(counts_text(all, MEASURE_THROUGHPUT)));
    json_array_append_new(counts, json_string(counts_text(all, MEASURE_PEAK)));
    char *sentence = all->count == 1 ? text_format("One machine: %s", all->items[0].label)
                                     : text_format("%zu machines. Most speed per byte of peak "
                                                   "memory: %s",
                                                   all->count, best_text(all));
    return json_pack("{s:i, s:s, s:{s:s}, s:o, s:o, s:o, s:o, s:o}", "schema", 1, "headline",
                     sentence, "run", "id", slash && slash[1] ? slash + 1 : all->folder, "missing",
                     missing_of(all), "counts", counts, "machines", machines_json(all), "rows",
                     rows_json(all), "recommendations", advice_json(all));
}

/* ---- the whole ---- */

/* The machine's own report, to `out`; with --json into its row of `list`. */
static int report_machine(const char *root, const machine_view_t *m, const options_t *options,
                          FILE *out, json_t *row) {
    char *text = NULL;
    size_t bytes;
    FILE *memory = open_memstream(&text, &bytes);
    int status = report_into(root, m->info.folder, options, memory);
    fclose(memory);
    if (options->json) {
        json_object_set_new(row, "summary", json_loads(text, 0, NULL));
    } else {
        fprintf(out, "==== %s: %s\n%s\n", m->name, m->label, text);
    }
    free(text);
    return status;
}

int machines_report(const char *root, const char *folder, const options_t *options) {
    machines_t all;
    int status = 0;
    char *text = NULL;
    size_t bytes;
    machines_make(folder, options->margin_given ? options->margin / 100 : -1, &all);
    json_t *json = all_json(&all);
    folder_make(text_format("%s/derived", folder));
    page_write_machines(root, folder, json);
    FILE *memory = open_memstream(&text, &bytes);
    for (size_t i = 0; i < all.count; i++) {
        if (all.items[i].samples.count == 0) {
            continue;
        }
        json_t *row = json_array_get(json_object_get(json, "machines"), i);
        int own = report_machine(root, &all.items[i], options, memory, row);
        status = own > status ? own : status;
    }
    machines_print(memory, &all);
    fclose(memory);
    derive_machines(&all);
    derive_rows(&all);
    derive_advice(&all);
    if (options->json) {
        json_dumpf(json, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        putchar('\n');
    } else {
        file_write(text_format("%s/summary.txt", folder), text);
        fputs(text, stdout);
        printf("\nResults: %s (report.html, derived/; of each machine: machines/NAME/)\n", folder);
    }
    free(text);
    json_decref(json);
    return status;
}
