/*
 * run.c - loads a results folder. See run.h.
 */
#include "run.h"

#include "file.h"
#include "text.h"

#include <string.h>

void run_load(const char *folder, run_t *out) {
    *out = (run_t){.folder = folder};
    if (!file_exists(text_format("%s/manifest.json", folder))) {
        fail("%s is not a results folder: it has no manifest.json", folder);
    }
    manifest_load(folder, &out->info);
    if (!json_object_get(out->info.manifest, "ended_unix_ns")) {
        fail("%s was interrupted: finish it with ./run_sweep --resume %s", folder, folder);
    }
    samples_load(text_format("%s/samples.jsonl", folder), &out->samples);
    analysis_make(&out->info, &out->samples, &out->analysis);
    size_t grid = analysis_count(&out->analysis, PHASE_GRID, NULL);
    if (grid == 0 || analysis_count(&out->analysis, PHASE_COMPARE, NULL) == 0) {
        fail("%s has no %s: the paper needs a run of ./run_sweep without a command", folder,
             grid == 0 ? "W_MAX grid" : "comparison");
    }
    recommend(&out->analysis, &out->recommendations);
    if (run_workloads(out) == 0 || run_allocators(out) < 2) {
        fail("%s: a comparison needs a workload and two allocators", folder);
    }
    if (strcmp(run_allocator(out, 0, "key"), "hakmem") != 0) {
        fail("%s: the first allocator is not hakmem", folder);
    }
}

json_t *run_fact(const run_t *run, const char *path) {
    json_t *at = run->info.manifest;
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
    return json_array_size(run->info.workloads);
}

const char *run_workload(const run_t *run, size_t place, const char *key) {
    return row_text(run, "workloads", place, key);
}

bool run_is_heavy(const run_t *run, const char *workload) {
    size_t place = manifest_place(run->info.workloads, "name", workload);
    return json_is_true(json_object_get(json_array_get(run->info.workloads, place), "heavy33"));
}

size_t run_allocators(const run_t *run) {
    return json_array_size(run->info.allocators);
}

const char *run_allocator(const run_t *run, size_t place, const char *key) {
    return row_text(run, "allocators", place, key);
}

const char *run_allocator_name(const run_t *run, const char *key) {
    const char *name = manifest_row(run->info.allocators, "key", key, "name");
    const char *paren = strstr(name, " (");
    return paren ? text_format("%.*s", (int)(paren - name), name) : name;
}

static const cell_stats_t *find(const run_t *run, phase_t phase, const char *workload,
                                const char *allocator) {
    for (size_t i = 0; i < run->analysis.count; i++) {
        const cell_stats_t *c = &run->analysis.cells[i];
        if (c->phase == phase && strcmp(c->workload, workload) == 0 &&
            strcmp(c->allocator, allocator) == 0) {
            return c;
        }
    }
    return NULL;
}

const cell_stats_t *run_cell(const run_t *run, const char *workload, const char *allocator) {
    return find(run, PHASE_COMPARE, workload, allocator);
}

bool run_is_of_grid(const cell_stats_t *cell, const char *workload) {
    return cell->phase == PHASE_GRID && strcmp(cell->allocator, "hakmem") == 0 &&
           (!workload || strcmp(cell->workload, workload) == 0);
}

/* The A/A twin stands at the default pair by definition, so it tells which pair that is. */
const cell_stats_t *run_grid_default(const run_t *run, const char *workload) {
    const cell_stats_t *twin = find(run, PHASE_GRID, workload, "hakmem-again");
    return twin ? analysis_find(&run->analysis, PHASE_GRID, workload, "hakmem", twin->wmax_mid,
                                twin->wmax_large)
                : NULL;
}

double run_noise(const run_t *run, phase_t phase, const char *workload, measure_t measure) {
    const cell_stats_t *twin = find(run, phase, workload, "hakmem-again");
    if (!twin) {
        fail("%s: no A/A pair of workload '%s'", run->folder, workload);
    }
    return analysis_floor(&run->analysis, workload, measure, twin->ratio[MEASURE_THROUGHPUT].pairs);
}

outcome_kind_t run_outcome(const cell_stats_t *cell, measure_t measure) {
    verdict_t win = measure == MEASURE_THROUGHPUT ? VERDICT_LOWER : VERDICT_HIGHER;
    verdict_t verdict = cell->verdict[measure];
    return verdict == VERDICT_UNDECIDED    ? OUTCOME_OPEN
           : verdict == VERDICT_EQUIVALENT ? OUTCOME_EQUAL
           : verdict == win                ? OUTCOME_WIN
                                           : OUTCOME_LOSS;
}
