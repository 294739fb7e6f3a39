/*
 * count_show.c - rows of counts as a table, as CSV and as JSON. See count.h.
 */
#include "count.h"

#include "csv.h"
#include "file.h"
#include "table.h"
#include "text.h"

void count_derive(const count_run_t *run) {
    char *header = text_copy("workload,allocator,operations,repetitions,failed,exact");
    for (count_measure_t m = 0; m < COUNT_MEASURES; m++) {
        const char *name = count_measure_name(m);
        header = text_format("%s,%s,%s_least,%s_most", header, name, name, name);
    }
    folder_make(text_format("%s/derived", run->folder));
    FILE *file = csv_open(run->folder, "count", header);
    for (size_t i = 0; i < run->count; i++) {
        const count_row_t *row = &run->rows[i];
        csv_put_text(file, row->workload, ",");
        csv_put_text(file, row->allocator, ",");
        CSV_PUT(file, (double)row->ops, row->reps, row->failed, row->exact);
        for (count_measure_t m = 0; m < COUNT_MEASURES; m++) {
            const count_value_t *v = &row->values[m];
            CSV_PUT(file, v->mean, v->least);
            csv_put(file, v->most, m + 1 < COUNT_MEASURES ? "," : "\n");
        }
    }
    csv_close(file);
}

/* The widest spread of what is judged, in per cent: of instructions, the rest is few and small. */
static double spread_percent(const count_row_t *row) {
    const count_value_t *v = &row->values[COUNT_ALLOCATOR];
    return 100 * (v->most - v->least) / v->mean;
}

static char *note_of(const count_row_t *row) {
    if (row->reps == 0) {
        return text_format("failed: %s", row->failure ? row->failure : "missing");
    }
    const char *failed = row->failed ? text_format(", failed: %s", row->failure) : "";
    if (row->reps == 1) {
        return text_format("counted once%s", failed);
    }
    return row->exact ? text_format("exact%s", failed)
                      : text_format("approximate: instructions differ by %.2g %%%s",
                                    spread_percent(row), failed);
}

void count_print(FILE *out, const count_run_t *run) {
    fprintf(out, "Counted without a clock, per operation of the workloads, shortened\n\n");
    fprintf(out, "%-22s %-12s %26s  %17s  %19s\n", "", "", "instructions/op", "faults/1000 ops",
            "calls/10^6 ops");
    fprintf(out, "%-22s %-12s %9s %7s %8s  %8s %8s  %9s %9s\n", "workload", "allocator",
            "allocator", "called", "outside", "first", "then", "first", "then");
    for (size_t i = 0; i < run->count; i++) {
        const count_row_t *row = &run->rows[i];
        char *note = note_of(row);
        if (row->reps == 0) {
            fprintf(out, "%-22s %-12s %s\n", row->workload, row->allocator, note);
            continue;
        }
        const count_value_t *v = row->values;
        fprintf(out, "%-22s %-12s %9.2f %7.2f %8.1f  %8.2f %8.2f  %9.1f %9.1f  %s\n", row->workload,
                row->allocator, v[COUNT_ALLOCATOR].mean, v[COUNT_CALLED].mean,
                v[COUNT_OUTSIDE].mean, v[COUNT_FAULTS_FIRST].mean, v[COUNT_FAULTS_THEN].mean,
                v[COUNT_CALLS_FIRST].mean, v[COUNT_CALLS_THEN].mean, note);
    }
    fprintf(out, "\nallocator: all below a call of malloc, free, ...; called: of that, outside of "
                 "its library.\nfirst: while the heap grows; then: as many operations again.\n");
}

static json_t *row_json(const count_row_t *row) {
    json_t *out =
        json_pack("{s:s, s:s, s:o, s:i, s:i, s:b}", "workload", row->workload, "allocator",
                  row->allocator, "operations", table_number_json(row->ops), "repetitions",
                  (int)row->reps, "failed", (int)row->failed, "exact", (int)row->exact);
    for (count_measure_t m = 0; m < COUNT_MEASURES; m++) {
        const count_value_t *v = &row->values[m];
        json_object_set_new(out, count_measure_name(m),
                            json_pack("[o, o, o]", table_number_json(v->mean),
                                      table_number_json(v->least), table_number_json(v->most)));
    }
    return out;
}

json_t *count_json(const count_run_t *run) {
    json_t *rows = json_array();
    for (size_t i = 0; i < run->count; i++) {
        json_array_append_new(rows, row_json(&run->rows[i]));
    }
    return json_pack("{s:s, s:s, s:o}", "run", run->run_id, "folder", run->folder, "counts", rows);
}
