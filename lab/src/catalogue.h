/*
 * catalogue.h - the workloads: one JSON file each in workloads/catalogue/, or a trace by its path.
 *
 * A workload is a command, run from the root of the repository, that does a fixed amount of work
 * and writes one JSON object with what it measured (workloads/README.md has its keys).
 *
 * A file with "variants" (suffix -> words appended to the command) stands for one workload per
 * variant. A "claim" is what the project says about hakmem on the workload; claims.h judges it.
 */
#ifndef LAB_CATALOGUE_H
#define LAB_CATALOGUE_H

#include "options.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* What can be claimed of hakmem; each has a bound, and claims.h says what it means. */
typedef enum claim_key {
    CLAIM_SPEED_OF_BEST,
    CLAIM_MEMORY_OF_LEANEST,
    CLAIM_TIME_OVER_GLIBC_US,
    CLAIM_MEMORY_OVER_GLIBC_KIB,
    CLAIM_STEADY_OVER_REQUESTED,
    CLAIM_STEADY_EXTRA_KIB, /* no claim of its own: an allowance of the one before */
    CLAIM_STEADY_OVER_TENTH,
    CLAIM_KEYS
} claim_key_t;

typedef struct workload {
    char *name;
    char *family;   /* the file's own name: that of its variants without the suffix */
    size_t variant; /* its place among them, from 0 */
    char *title;
    char *stands_for; /* one sentence: which real situation this is */
    char *source;     /* "recorded", "generated" or "program" */
    char *group;      /* heading of the comparison's table; "other" */
    char *touch;      /* "first", "page", "whole": what the program writes of each block */
    bool heavy33;     /* dominated by requests of about 33 KB: the grid is drawn on these */
    bool sweep;       /* part of a plain ./run_sweep, and able to measure latency */
    bool has_seed, has_threads; /* the command has the parameter, so --seed/--threads apply */
    bool keeps_seed;            /* it has one of its own, for which the user's does not stand */
    char **argv;
    size_t argc;
    unsigned rounds;          /* its --ops or --loop is so many rounds of turns (panel.h); 0: it is
                                 always run whole */
    double expected_s;        /* under a fast allocator */
    double claim[CLAIM_KEYS]; /* bounds; 0: not claimed */
} workload_t;

typedef struct catalogue {
    workload_t *items;
    size_t count;
} catalogue_t;

/* The seed in its command; 0: it has none. */
uint64_t workload_seed(const workload_t *workload);

/* Every *.json of `folder`, the 33 KB-heavy ones first, variants in the order of their file. Ends
 * the program on a file that cannot be understood. */
void catalogue_load(const char *folder, catalogue_t *out);

/* Those of `all` that match one of the patterns, in the catalogue's order, then the trace files
 * among the patterns. No patterns: those of the sweep, or with `whole` all but
 * whole programs. A pattern that matches
 * nothing is a usage error. */
void catalogue_select(const catalogue_t *all, const text_list_t *patterns, bool whole,
                      catalogue_t *out);

/* A trace by its path; a usage error if it is none that can be read. */
void catalogue_check_trace(const char *path);
/* A command of the user's, run whole by bin/program in the folder that this process is in. A sample
 * may take `most_s`. */
workload_t catalogue_of_command(const text_list_t *words, double most_s);
/* As the manifest keeps it. */
workload_t catalogue_of_row(const json_t *row);
/* How many words of its command are the driver's own: those before "--". */
size_t workload_own_words(const workload_t *workload);

const char *claim_key_name(claim_key_t key);
/* From a "claim" object (NULL: none claimed) of a catalogue file or a manifest, which `where`
 * names. Ends the program on a key that is unknown or a bound that is no positive number. */
void claim_read(const json_t *object, const char *where, double bounds[CLAIM_KEYS]);
json_t *claim_to_json(const double bounds[CLAIM_KEYS]);

#endif
