/*
 * catalogue.h - the workloads: one JSON file each in workloads/catalogue/, or a trace by its path.
 *
 * A workload is a command, run from the root of the repository, that does a fixed amount of work
 * and writes one JSON object with what it measured (workloads/README.md has its keys).
 */
#ifndef LAB_CATALOGUE_H
#define LAB_CATALOGUE_H

#include "options.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct workload {
    char *name;
    char *title;
    char *stands_for; /* one sentence: which real situation this is */
    char *source;     /* "recorded" or "generated" */
    char *touch;      /* "first", "page", "whole": what the program writes of each block */
    bool heavy33;     /* dominated by requests of about 33 KB: the grid is drawn on these */
    bool has_seed, has_threads; /* the command has the parameter, so --seed/--threads apply */
    char **argv;
    size_t argc;
    double expected_s; /* under a fast allocator */
} workload_t;

typedef struct catalogue {
    workload_t *items;
    size_t count;
} catalogue_t;

/* Every *.json of `folder`, the 33 KB-heavy ones first. Ends the program on a file that cannot be
 * understood. */
void catalogue_load(const char *folder, catalogue_t *out);

/* Those of `all` that match one of the patterns, in the catalogue's order, then the trace files
 * among the patterns. No patterns: all. A pattern that matches nothing is a usage error. */
void catalogue_select(const catalogue_t *all, const text_list_t *patterns, catalogue_t *out);

#endif
