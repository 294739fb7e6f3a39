/*
 * count_process.h - the executor of counts that starts processes: a driver under callgrind, or
 * under bin/calls.
 *
 * The process gets PATH, HOME, LANG, and LD_PRELOAD with the still clock and, where it is not the C
 * library's, the allocator; hakmem alone the user's HAKMEM_* variables and HAKMEM_STRICT_OPTIONS=1.
 */
#ifndef LAB_COUNT_PROCESS_H
#define LAB_COUNT_PROCESS_H

#include "count.h"
#include "process.h"

/* Ends the program with a message when valgrind or what the workloads' build makes is missing. */
void count_process_check(const char *root);

/* `context->result_path`: what its files are called, with more behind it. */
count_executor_t count_process_executor(process_context_t *context);

#endif
