/*
 * options.h - what the command line asks for, as one struct that everything else reads.
 *
 * The same struct is written into the manifest and read back by --resume, so a resumed run does
 * what the first command line said and nothing else. An option that a command cannot use is a
 * usage error: there is none that is silently ignored.
 */
#ifndef LAB_OPTIONS_H
#define LAB_OPTIONS_H

#include "decimals.h"
#include "wmax_default.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum command {
    COMMAND_SWEEP,       /* the W_MAX grid, then every allocator on every workload */
    COMMAND_PEERS,       /* the comparison only, on the whole catalogue */
    COMMAND_ADVISE,      /* settings of all allocators, for one workload */
    COMMAND_TUNE,        /* the same of hakmem alone */
    COMMAND_CHECK_NOISE, /* the reference against itself */
    COMMAND_CHECK_POWER, /* and against itself with a delay: what can be detected */
    COMMAND_COUNT,       /* instructions, page faults, system calls: no clock */
    COMMAND_MERGE,       /* runs of several machines into one */
    COMMAND_PART,        /* one part of a launched run, on the node it was given to */
    COMMAND_REPORT,      /* derive, draw and summarise an existing run again */
    COMMAND_COMPARE      /* two existing runs */
} command_t;

/* Who gives the parts of a run to machines (launcher.h). */
typedef enum launcher { LAUNCHER_LOCAL, LAUNCHER_SLURM, LAUNCHER_PARALLEL, LAUNCHERS } launcher_t;

typedef struct text_list {
    char **items;
    size_t count;
} text_list_t;

typedef struct options {
    command_t command;
    text_list_t args;    /* RUN, RUN_A RUN_B, RUN and NUMBER, or the workload of advise */
    dec_list_t wmax_mid; /* the grid's axes; the default pair is always measured too */
    dec_list_t wmax_large;
    bool grid_given;        /* an axis was on the command line */
    text_list_t workloads;  /* names, globs, trace files; none: see catalogue_select */
    text_list_t allocators; /* keys or name=/path/lib.so; none: the whole table */
    unsigned reps;          /* 0: as many as the budget admits */
    double budget_s;        /* 0: none */
    uint64_t seed;
    bool seed_given;
    unsigned threads;    /* 0: as the catalogue says */
    char *out;           /* the run's folder; NULL: results/<run-id> */
    text_list_t program; /* advise: the words after "--" */
    char *held_out;      /* advise: a second recording */
    char *against;       /* count: the run to compare with */
    double margin;       /* per cent: what is no more than that is no difference */
    bool margin_given;
    char *resume; /* the folder of an interrupted run */
    launcher_t launcher;
    text_list_t machines; /* of a launcher: kinds of nodes, hosts; none: whichever there is */
    bool is_part;         /* one workload of a launched run: its report is the whole run's */
    bool unnamed;         /* the workloads are those that take part without being named */
    bool no_waste;        /* another part measures waste by size */
    bool list, dry_run, quiet, json, full;
} options_t;

/* The defaults of a run that was given no options. */
enum {
    DEFAULT_BUDGET_S = 240,
    ADVISE_BUDGET_S = 300,
    NOISE_BUDGET_S = 60,
    POWER_BUDGET_S = 720,
    DEFAULT_SEED = 33
};
/* peers, whose whole table no default budget holds: the least that carry a 95 % interval well. */
enum { PEERS_REPS = 7 };
/* count: the second tells whether the first is exact. */
enum { COUNT_REPS = 2 };
#define MARGIN_DEFAULT 2.0
enum { WMAX_LEAST = 10000, WMAX_MOST = 40000 };

void options_parse(int argc, char **argv, options_t *out); /* exits on --help and on errors */

/* The part that decides what is measured. */
json_t *options_to_json(const options_t *options);
void options_from_json(const json_t *object, options_t *out);

void text_list_add(text_list_t *list, const char *item);
const char *command_name(command_t command);
const char *launcher_name(launcher_t launcher);
bool command_advises(command_t command); /* advise, tune */

/* A word on the command line that is wrong: says why and where help is, and exits 2. */
void fail_usage(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
