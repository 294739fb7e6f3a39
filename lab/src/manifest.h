/*
 * manifest.h - the facts of a run that are not samples: results/<run-id>/manifest.json.
 *
 * Written when the run starts, completed when the repetitions are fixed and when it ends. Analysis,
 * figures and report read it and samples.jsonl, nothing else, so a run copied to another machine
 * gives the same report there.
 */
#ifndef LAB_MANIFEST_H
#define LAB_MANIFEST_H

#include "baselines.h"
#include "catalogue.h"
#include "options.h"
#include "plan.h"

#include <jansson.h>

/* Beside the drivers of the workloads, what a run of `peers` starts: waste by size. */
#define WASTE_PROGRAM "bin/waste"
/* What counts the system calls of a sample. */
#define CALLS_PROGRAM "bin/calls"

typedef struct run_info {
    char *folder;
    char *run_id;
    json_t *manifest;
    const json_t *workloads;  /* array of {name, title, stands_for, source, group, claim, …} */
    const json_t *allocators; /* array of {key, name, version, sha256, path, …} */
    uint64_t seed;
    double margin; /* what counts as equal: 0.02 = 2 % */
} run_info_t;

/* A fresh manifest. `arguments` is the command line; `hakmem_options` the HAKMEM_* variables that
 * the user had set, which hakmem gets in every sample. */
json_t *manifest_make(const char *root, const char *run_id, int argc, char **argv,
                      const options_t *options, const catalogue_t *workloads,
                      const allocator_list_t *allocators, json_t *hakmem_options);
void manifest_write(const char *folder, const json_t *manifest);
/* Ends the program if `folder` holds no run. */
void manifest_load(const char *folder, run_info_t *out);

/* {path: sha256} of every driver and input file that the workloads' commands name, of what whole
 * programs are made of (programs.h), and of the allocators' libraries: what must not change between
 * start and resume. */
json_t *manifest_files(const char *root, const catalogue_t *workloads,
                       const allocator_list_t *allocators);
/* The path of one of them that is no longer what the manifest says; NULL: none. */
const char *manifest_changed_file(const char *root, const json_t *manifest);

/* A string of row `key == value` of one of the arrays above; "" if there is none. */
const char *manifest_row(const json_t *array, const char *key, const char *value,
                         const char *wanted);
/* "jemalloc 5.3.0-1"; the A/A twin is "hakmem again (A/A)". */
char *manifest_label(const run_info_t *info, const char *allocator);
/* Place of the row in the array; past its end if there is none. */
size_t manifest_place(const json_t *array, const char *key, const char *value);

#endif
