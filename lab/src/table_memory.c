/*
 * table_memory.c - see table_memory.h. Medians over the repetitions, as everywhere.
 */
#include "table_memory.h"

#include "text.h"

#include <math.h>
#include <string.h>

enum { NAME_COLUMNS = 20, CELL_COLUMNS = 14 };

static bool is_of_memory_only(const analysis_t *analysis, const char *workload) {
    for (size_t i = 0; i < analysis->samples->count; i++) {
        const sample_t *s = &analysis->samples->items[i];
        if (s->of_memory_only && strcmp(s->workload, workload) == 0) {
            return true;
        }
    }
    return false;
}

static const char *name_at(const json_t *rows, size_t place, const char *key) {
    return json_string_value(json_object_get(json_array_get(rows, place), key));
}

/* "512.2/512.3"; "failed" where no sample counts, "-" where there is none. */
static char *cell_text(const cell_stats_t *c) {
    if (!c) {
        return text_copy("-");
    }
    return isnan(c->steady_bytes)
               ? text_copy("failed")
               : text_format("%.1f/%.1f", c->steady_bytes / (1 << 20), c->peak_bytes / (1 << 20));
}

static void print_row(FILE *out, const analysis_t *analysis, const char *workload) {
    const json_t *allocators = analysis->info->allocators;
    fprintf(out, "  %-*s", NAME_COLUMNS, workload);
    for (size_t i = 0; i < json_array_size(allocators); i++) {
        fprintf(out, " %*s", CELL_COLUMNS,
                cell_text(analysis_find(analysis, PHASE_COMPARE, workload,
                                        name_at(allocators, i, "key"), 0, 0)));
    }
    fputc('\n', out);
}

static void print_head(FILE *out, const json_t *allocators) {
    fprintf(out,
            "\nMemory only: anonymous resident MiB at the end of the work / at its peak, medians."
            "\n  %-*s",
            NAME_COLUMNS, "");
    for (size_t i = 0; i < json_array_size(allocators); i++) {
        fprintf(out, " %*s", CELL_COLUMNS, name_at(allocators, i, "key"));
    }
    fputc('\n', out);
}

void table_memory_print(FILE *out, const analysis_t *analysis) {
    const json_t *workloads = analysis->info->workloads;
    bool begun = false;
    for (size_t i = 0; i < json_array_size(workloads); i++) {
        const char *name = name_at(workloads, i, "name");
        if (is_of_memory_only(analysis, name)) {
            if (!begun) {
                print_head(out, analysis->info->allocators);
            }
            begun = true;
            print_row(out, analysis, name);
        }
    }
}
