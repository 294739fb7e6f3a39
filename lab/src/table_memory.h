/*
 * table_memory.h - of the workloads that are measured for memory only: what stayed resident, in
 * MiB, a row per workload and a column per allocator.
 */
#ifndef LAB_TABLE_MEMORY_H
#define LAB_TABLE_MEMORY_H

#include "analysis.h"

#include <stdio.h>

void table_memory_print(FILE *out, const analysis_t *analysis); /* nothing, if there are none */

#endif
