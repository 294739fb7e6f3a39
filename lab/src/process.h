/*
 * process.h - the executor that measures: one sample is one fresh process of a driver. Beside the
 * samples, waste by size, which is of the allocator and of no workload.
 *
 * The process gets PATH, HOME, LANG, LD_PRELOAD where the allocator is not the C library's, and,
 * for hakmem alone, HAKMEM_STRICT_OPTIONS=1, the HAKMEM_* variables the user had set, and the
 * cell's W_MAX pair. Address space layout stays randomised: each process draws its own, so no
 * allocator profits from one lucky layout (Mytkowicz et al., ASPLOS 2009); likewise the
 * environment's size, and with it where the stack begins, is drawn for each sample.
 */
#ifndef LAB_PROCESS_H
#define LAB_PROCESS_H

#include "execute.h"
#include "options.h"

typedef struct process_context {
    const char *root;        /* of the repository: commands are relative to it */
    const char *result_path; /* where the driver writes; removed after each sample */
    const options_t *options;
    const json_t *hakmem_options; /* {name: value} */
} process_context_t;

executor_t process_executor(process_context_t *context);

/* Runs a few operations under each allocator and ends the program, saying why, unless each one
 * serves the process's malloc and none is bypassed. Fills in versions that only they know. */
void process_prove(process_context_t *context, const catalogue_t *workloads,
                   allocator_list_t *allocators);

/* The record of bin/waste under an allocator (waste.h); NULL when interrupted. */
json_t *process_waste(process_context_t *context, const allocator_t *allocator);

/* The HAKMEM_* variables of this process, without those that a run sets itself. */
json_t *process_hakmem_options(void);

#endif
