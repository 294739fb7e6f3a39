/*
 * classes.h - haktrace classes: tables of block sizes for what a file says is alive.
 *
 *   study.c             what is read, and the pools that it is for
 *   classes.c           which of it is asked for
 *   classes_solve.c     the tables of each pool of the allocator that they are for
 *   classes_write.c     as text, JSON, or lines to paste
 *   classes_compare.c   several traces: other ways to choose sizes beside the best table
 *   classes_switch.c    the best tables in turn, and what they cost
 */
#ifndef WORKLOADS_HAKTRACE_CLASSES_H
#define WORKLOADS_HAKTRACE_CLASSES_H

#include "study.h"

#include <jansson.h>

/* The tables of all pools, and the lists that are written of them. */
void classes_solve(study_t *study, const options_t *options);
void classes_write(const study_t *study, const char *format);
json_t *classes_pool_json(const study_t *study, const pool_t *pool);
void classes_compare(const options_t *options);
void classes_switch(const options_t *options);

#endif
