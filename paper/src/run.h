/*
 * run.h - a run as the paper reads it: by the lab's own library, from manifest and samples.
 *
 * run_load refuses a folder that is not a run, a run that was interrupted, and one without a grid
 * or without a comparison. Ratios are to hakmem at its defaults (see lab/src/analysis.h), so a
 * throughput verdict "lower" of a peer is a win of hakmem.
 */
#ifndef PAPER_RUN_H
#define PAPER_RUN_H

#include "analysis.h"
#include "recommend.h"

typedef struct run {
    const char *folder;
    run_info_t info;
    samples_t samples;
    analysis_t analysis;
    recommendations_t recommendations;
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

/* Of the comparison. NULL: there is none. */
const cell_stats_t *run_cell(const run_t *run, const char *workload, const char *allocator);
/* A setting of hakmem on the grid, of a workload or (NULL) of any. */
bool run_is_of_grid(const cell_stats_t *cell, const char *workload);
const cell_stats_t *run_grid_default(const run_t *run, const char *workload);
/* How hakmem fares against the setting, or peer, of the cell. */
typedef enum outcome_kind {
    OUTCOME_WIN,
    OUTCOME_LOSS,
    OUTCOME_EQUAL, /* within the margin */
    OUTCOME_OPEN,  /* undecided */
    OUTCOMES
} outcome_kind_t;
outcome_kind_t run_outcome(const cell_stats_t *cell, measure_t measure);

/* The noise floor of a workload in the phase, a relative difference. */
double run_noise(const run_t *run, phase_t phase, const char *workload, measure_t measure);

#endif
