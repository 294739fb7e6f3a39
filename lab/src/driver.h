/*
 * driver.h - the process of a sample: its command and environment before, its record after.
 *
 * Used by those that run samples: one by one (process.h), or some in turns (panel.h).
 */
#ifndef LAB_DRIVER_H
#define LAB_DRIVER_H

#include "launch.h"
#include "process.h"

/* A sample may take this many times what it is expected to, but at least a minute: only a hang is
 * to be cut off, slowness is a result. */
enum { TIMEOUT_FACTOR = 40, TIMEOUT_LEAST_S = 60 };

/* A sample between its start and its record. */
typedef struct pending {
    task_t task;
    json_t *settings;
    char **argv, **envp, *result_path;
    unsigned pad_bytes;
    bool was_intact;
} driver_pending_t;

/* The whole environment of a sample, as an object. */
json_t *driver_settings(const process_context_t *context, const cell_t *cell);
/* The workload's command, the user's --threads where it has them, the launch's seed (the user's
 * --seed, or the command's, and another for each repetition), and what the lab adds. */
char **driver_command(const process_context_t *context, const cell_t *cell, unsigned rep,
                      const char *result_path);
void driver_free_list(char **list);

driver_pending_t driver_prepare(const process_context_t *context, task_t task);
launch_t driver_launch(const process_context_t *context, const driver_pending_t *pending);
/* The record, or NULL when interrupted. Frees what belongs to the sample. */
json_t *driver_complete(const process_context_t *context, driver_pending_t *pending,
                        outcome_t *outcome);

/* A run that is no sample; `result` gets what it wrote. */
outcome_t driver_run(const process_context_t *context, char **argv, json_t *settings,
                     double timeout_s, json_t **result);

/* Is the file what it was when it was first asked about? Libraries and drivers must stay the files
 * that they were, also when somebody builds beside the run and puts the old file back before it
 * ends. */
bool driver_unchanged(const process_context_t *context, const char *path);
bool driver_intact(const process_context_t *context, const cell_t *cell);

#endif
