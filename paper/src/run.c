/*
 * run.c - loads a results folder. See run.h.
 */
#include "run.h"

#include "text.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static size_t whole(const csv_t *table, size_t row, const char *column) {
    double value = csv_number(table, row, column);
    if (!(value >= 0 && value < 1e9)) {
        fail("%s: line %zu: column '%s' is no count", table->path, row + 2, column);
    }
    return (size_t)value;
}

static measure_t read_measure(const csv_t *table, size_t row, const char *name, const char *unit) {
    return (measure_t){
        .median = csv_number(table, row, text_format("%s%s_median", name, unit)),
        .ratio = csv_number(table, row, text_format("%s_ratio", name)),
        .lo = csv_number(table, row, text_format("%s_ratio_lo", name)),
        .hi = csv_number(table, row, text_format("%s_ratio_hi", name)),
        .pairs = whole(table, row, text_format("%s_pairs", name)),
        .verdict = csv_text(table, row, text_format("%s_verdict", name)),
    };
}

static cell_t read_cell(const csv_t *table, size_t row) {
    return (cell_t){
        .phase = csv_text(table, row, "phase"),
        .workload = csv_text(table, row, "workload"),
        .allocator = csv_text(table, row, "allocator"),
        .failures = csv_text(table, row, "failures"),
        .wmax_mid = csv_optional(table, row, "wmax_mid"),
        .wmax_large = csv_optional(table, row, "wmax_large"),
        .samples = whole(table, row, "samples"),
        .failed = whole(table, row, "failed"),
        .speed = read_measure(table, row, "throughput", "_ops_per_s"),
        .peak = read_measure(table, row, "peak", "_per_requested_byte"),
        .drain_bytes = csv_number(table, row, "drain_bytes"),
        .threshold = csv_number(table, row, "threshold_per_mop"),
        .exhaustion = csv_number(table, row, "exhaustion_per_mop"),
        .mapfail = csv_number(table, row, "mapfail_per_mop"),
    };
}

static void load_cells(run_t *run) {
    csv_t table;
    csv_load(text_format("%s/derived/cells.csv", run->folder), &table);
    run->cells = text_grow(NULL, (table.rows + 1) * sizeof *run->cells);
    run->cell_count = table.rows;
    size_t grid = 0, compare = 0;
    for (size_t i = 0; i < table.rows; i++) {
        run->cells[i] = read_cell(&table, i);
        grid += strcmp(run->cells[i].phase, "grid") == 0;
        compare += strcmp(run->cells[i].phase, "compare") == 0;
    }
    if (grid == 0 || compare == 0) {
        fail("%s has no %s: the paper needs a run of ./run_sweep without a command", run->folder,
             grid == 0 ? "W_MAX grid" : "comparison");
    }
}

void run_load(const char *folder, run_t *out) {
    *out = (run_t){.folder = folder};
    char *path = text_format("%s/manifest.json", folder);
    if (access(path, R_OK) != 0) {
        fail("%s is not a results folder: it has no manifest.json", folder);
    }
    json_error_t error;
    out->manifest = json_load_file(path, 0, &error);
    if (!out->manifest) {
        fail("%s: %s", path, error.text);
    }
    if (!json_object_get(out->manifest, "ended_unix_ns")) {
        fail("%s was interrupted: finish it with ./run_sweep --resume %s", folder, folder);
    }
    load_cells(out);
    csv_load(text_format("%s/derived/noise.csv", folder), &out->noise);
    csv_load(text_format("%s/derived/recommendations.csv", folder), &out->recommendations);
    if (run_workloads(out) == 0 || run_allocators(out) < 2) {
        fail("%s: a comparison needs a workload and two allocators", folder);
    }
    if (strcmp(run_allocator(out, 0, "key"), "hakmem") != 0) {
        fail("%s: the first allocator is not hakmem", folder);
    }
}

json_t *run_fact(const run_t *run, const char *path) {
    json_t *at = run->manifest;
    for (const char *from = path; at && *from;) {
        size_t length = strcspn(from, "/");
        at = json_object_get(at, text_format("%.*s", (int)length, from));
        from += length + (from[length] == '/');
    }
    if (!at || json_is_null(at)) {
        fail("%s/manifest.json has no '%s'", run->folder, path);
    }
    return at;
}

const char *run_fact_text(const run_t *run, const char *path) {
    const char *text = json_string_value(run_fact(run, path));
    if (!text || !*text) {
        fail("%s/manifest.json: '%s' is empty", run->folder, path);
    }
    return text;
}

double run_fact_number(const run_t *run, const char *path) {
    const json_t *value = run_fact(run, path);
    if (!json_is_number(value)) {
        fail("%s/manifest.json: '%s' is not a number", run->folder, path);
    }
    return json_number_value(value);
}

static const char *row_text(const run_t *run, const char *array, size_t place, const char *key) {
    json_t *row = json_array_get(run_fact(run, array), place);
    const char *text = json_string_value(json_object_get(row, key));
    if (!text || !*text) {
        fail("%s/manifest.json: %s[%zu] has no '%s'", run->folder, array, place, key);
    }
    return text;
}

size_t run_workloads(const run_t *run) {
    return json_array_size(run_fact(run, "workloads"));
}

const char *run_workload(const run_t *run, size_t place, const char *key) {
    return row_text(run, "workloads", place, key);
}

bool run_is_heavy(const run_t *run, const char *workload) {
    for (size_t i = 0; i < run_workloads(run); i++) {
        if (strcmp(run_workload(run, i, "name"), workload) == 0) {
            json_t *row = json_array_get(run_fact(run, "workloads"), i);
            return json_is_true(json_object_get(row, "heavy33"));
        }
    }
    return false;
}

size_t run_allocators(const run_t *run) {
    return json_array_size(run_fact(run, "allocators"));
}

const char *run_allocator(const run_t *run, size_t place, const char *key) {
    return row_text(run, "allocators", place, key);
}

const char *run_allocator_name(const run_t *run, const char *key) {
    for (size_t i = 0; i < run_allocators(run); i++) {
        if (strcmp(run_allocator(run, i, "key"), key) == 0) {
            const char *name = run_allocator(run, i, "name"), *paren = strstr(name, " (");
            return paren ? text_format("%.*s", (int)(paren - name), name) : name;
        }
    }
    return key;
}

const cell_t *run_cell(const run_t *run, const char *phase, const char *workload,
                       const char *allocator) {
    for (size_t i = 0; i < run->cell_count; i++) {
        const cell_t *c = &run->cells[i];
        if (strcmp(c->phase, phase) == 0 && strcmp(c->workload, workload) == 0 &&
            strcmp(c->allocator, allocator) == 0) {
            return c;
        }
    }
    return NULL;
}

/* The A/A twin stands at the default pair by definition, so it tells which pair that is. */
const cell_t *run_grid_default(const run_t *run, const char *workload) {
    const cell_t *twin = run_cell(run, "grid", workload, "hakmem-again");
    for (size_t i = 0; twin && i < run->cell_count; i++) {
        const cell_t *c = &run->cells[i];
        if (strcmp(c->phase, "grid") == 0 && strcmp(c->workload, workload) == 0 &&
            strcmp(c->allocator, "hakmem") == 0 && c->wmax_mid == twin->wmax_mid &&
            c->wmax_large == twin->wmax_large) {
            return c;
        }
    }
    return NULL;
}

double run_noise(const run_t *run, const char *phase, const char *workload, const char *column) {
    for (size_t i = 0; i < run->noise.rows; i++) {
        if (strcmp(csv_text(&run->noise, i, "phase"), phase) == 0 &&
            strcmp(csv_text(&run->noise, i, "workload"), workload) == 0) {
            return csv_number(&run->noise, i, column);
        }
    }
    fail("%s: no %s row for workload '%s'", run->noise.path, phase, workload);
}
