/*
 * count.h - `run_sweep count`: what can be counted needs no clock. Instructions, page faults and
 * system calls of each workload, shortened, under each allocator; and against an earlier run.
 *
 * A count is the difference of two runs of different length, N and 2N operations: start, building
 * the live set and draining are in both and cancel out, and what is left is N operations of a heap
 * that has grown. It needs no help from the driver, and so works with any trace. Page faults and
 * system calls are known of the timed part alone, so they are told twice: of the `first` N
 * operations, with the growth, and of the `then` following N.
 *
 * Two processes each: one under callgrind, one under bin/calls, which also has no random addresses.
 * Both see a clock that stands still (bin/libstill.so): what an allocator does by the clock would
 * be done fifty times as often under valgrind, and at other moments in each run. It is not counted.
 *
 * Traces of threads are replayed within a window of WINDOW events, so that their order is that of
 * the trace. Generated workloads with threads meet in another order each time: these counts are
 * approximate, and said to be.
 */
#ifndef LAB_COUNT_H
#define LAB_COUNT_H

#include "baselines.h"
#include "catalogue.h"
#include "options.h"
#include "progress.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#define STILL_LIBRARY "bin/libstill.so"

typedef enum count_look { LOOK_INSTRUCTIONS, LOOK_KERNEL, LOOKS } count_look_t;

/* A process to be run. */
typedef struct count_task {
    const workload_t *workload;
    const allocator_t *allocator;
    count_look_t look;
    unsigned length; /* 1: N operations, 2: 2N */
    unsigned rep;
} count_task_t;

typedef struct count_tasks {
    count_task_t *items;
    size_t count;
} count_tasks_t;

/* One record, or NULL when interrupted. */
typedef struct count_executor {
    json_t *(*measure)(void *context, const count_task_t *task);
    void *context;
} count_executor_t;

typedef enum count_measure {
    COUNT_LIBRARY,      /* instructions per operation in the allocator, */
    COUNT_CALLED,       /* in what it calls, */
    COUNT_ALLOCATOR,    /* both, */
    COUNT_OUTSIDE,      /* and in all the rest */
    COUNT_FAULTS_FIRST, /* per thousand operations */
    COUNT_FAULTS_THEN,
    COUNT_CALLS_FIRST,
    COUNT_CALLS_THEN,
    COUNT_MEASURES
} count_measure_t;

typedef struct count_value {
    double mean, least, most; /* over the repetitions; NAN: not counted */
} count_value_t;

/* A workload under an allocator. */
typedef struct count_row {
    const char *workload, *allocator;
    const json_t *command; /* of length 1 */
    double ops;            /* N */
    unsigned reps, failed;
    const char *failure; /* status of one that failed */
    count_value_t values[COUNT_MEASURES];
    bool exact; /* all repetitions agree (count.c) */
} count_row_t;

typedef struct count_run {
    const char *folder, *run_id;
    const json_t *manifest;
    count_row_t *rows;
    size_t count;
} count_run_t;

const char *count_measure_name(count_measure_t measure);
/* Part of the command, for the given length; NULL: it has neither --ops= nor --loop=, or the work
 * is done by programs that it starts. */
char **count_command(const workload_t *workload, const options_t *options, unsigned length);
void count_plan(const catalogue_t *workloads, const allocator_list_t *allocators, unsigned reps,
                count_tasks_t *out);
/* Runs what samples.jsonl does not hold yet. False when interrupted. */
bool count_execute(const char *folder, const count_tasks_t *tasks, const count_executor_t *executor,
                   progress_t *progress);

bool count_is_run(const char *folder);
void count_load(const char *folder, count_run_t *out);
/* derived/count.csv */
void count_derive(const count_run_t *run);
void count_print(FILE *out, const count_run_t *run);
json_t *count_json(const count_run_t *run);

/* The command, from start to end; its exit status. */
int count_main(const char *root, options_t *options, int argc, char **argv);
/* `report` on a run of counts: also the comparison that it was made with. */
int count_report(const char *root, const char *folder, const options_t *options);

#endif
