/*
 * classes.h - haktrace classes: tables of block sizes for what a file says is alive.
 *
 *   study.c             what is read, and the pools that it is for
 *   classes.c           the tables of each pool of the allocator that they are for
 *   classes_write.c     as text, JSON, or lines to paste
 *   classes_compare.c   several traces: other ways to choose sizes beside the best table
 */
#ifndef WORKLOADS_HAKTRACE_CLASSES_H
#define WORKLOADS_HAKTRACE_CLASSES_H

#include "study.h"

void classes_write(const study_t *study, const char *format);
void classes_compare(const options_t *options);

#endif
