/*
 * merge.h - joins runs of several machines, or of one, in one folder.
 *
 *   OUT/manifest.json             the machines, and of which runs each is made
 *   OUT/machines/NAME/            of each type of machine (machine_type.h) a run like any other:
 *                                 manifest.json, samples.jsonl, waste.jsonl, and its report
 *   OUT/derived, report.html, …   what holds on all machines (machines.h)
 *
 * So no table, figure or statistic of the lab can compare across machines by accident: it finds one
 * run, of one machine. Runs of equal machines are joined to more launches of the same cells: a
 * launch keeps its number if it is free and gets the next one otherwise, whole, so pairs stay
 * pairs.
 *
 * Nothing is lost and nothing counts twice. A sample is known by all that its line says but the
 * number of its launch; the same sample is kept once, wherever it comes from: the same run named
 * twice, a copy of it, a later state of it, or a merged run that has it. So merging is idempotent,
 * and a merged run may be merged again. If OUT is a merged run already, what it has stays.
 */
#ifndef LAB_MERGE_H
#define LAB_MERGE_H

#include "manifest.h"

typedef struct merge_counts {
    size_t machines, runs, samples;
    size_t twice; /* samples that were there already, and were kept once */
} merge_counts_t;

/* `runs`: folders. Ends the program, naming what differs, before anything is written if two of them
 * cannot be joined (merge_check.h). */
void merge_runs(const text_list_t *runs, const char *out, merge_counts_t *counts);

/* Is it a folder of merge_runs? */
bool merge_is_run(const char *folder);
/* The folders of its machines. */
void merge_machines(const char *folder, text_list_t *out);
/* The same folder, but of a merged run that of its only machine; NULL: it has several. */
const char *merge_only_machine(const char *folder);

#endif
