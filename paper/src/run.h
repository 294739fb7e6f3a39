/*
 * run.h - a results folder as the paper reads it: the manifest, and derived/ as far as it is used.
 *
 * run_load refuses a folder that is not a run, a run that was interrupted, and one without a grid
 * or without a comparison. Ratios are to hakmem at its defaults (see results/README.md), so a
 * throughput verdict "slower" in the row of a peer is a win of hakmem.
 */
#ifndef PAPER_RUN_H
#define PAPER_RUN_H

#include "csv.h"

#include <jansson.h>
#include <stdbool.h>

typedef struct measure {
    double median, ratio, lo, hi;
    size_t pairs;
    const char *verdict;
} measure_t;

typedef struct cell {
    const char *phase, *workload, *allocator, *failures;
    double wmax_mid, wmax_large; /* NAN: the defaults were not set explicitly */
    size_t samples, failed;
    measure_t speed, peak; /* operations/s; peak resident bytes per requested byte */
    double drain_bytes, threshold, exhaustion, mapfail; /* the last three per million operations */
} cell_t;

typedef struct run {
    const char *folder;
    json_t *manifest;
    cell_t *cells;
    size_t cell_count;
    csv_t noise, recommendations;
} run_t;

void run_load(const char *folder, run_t *out);

/* manifest[path], where path may go down with '/': "machine/cpu". Missing or empty: fails. */
json_t *run_fact(const run_t *run, const char *path);
const char *run_fact_text(const run_t *run, const char *path);
double run_fact_number(const run_t *run, const char *path);

size_t run_workloads(const run_t *run);
const char *run_workload(const run_t *run, size_t place, const char *key);
bool run_is_heavy(const run_t *run, const char *workload);
size_t run_allocators(const run_t *run); /* the first one is hakmem */
const char *run_allocator(const run_t *run, size_t place, const char *key);
const char *run_allocator_name(const run_t *run, const char *key); /* for people */

const cell_t *run_cell(const run_t *run, const char *phase, const char *workload,
                       const char *allocator);
const cell_t *run_grid_default(const run_t *run, const char *workload);
/* The noise floor of the workload in COMPARE or GRID, a relative difference. */
double run_noise(const run_t *run, const char *phase, const char *workload, const char *column);

#endif
