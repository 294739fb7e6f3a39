/*
 * merge_check.h - can two runs be joined? Only what measured the same: the same command with the
 * same settings, workloads of the same content, allocators of the same version.
 *
 * A library, driver or program counts as the same if its file is. Files that were built or packaged
 * twice differ byte by byte, which is no obstacle if it is known that they were made of the same:
 * what hakmem's build makes, if both runs are of the same commit without changes; what a
 * distribution packages, of one version, if the two are of different architectures. Which
 * workloads, which allocators, how often and with which grid is up to each run.
 */
#ifndef LAB_MERGE_CHECK_H
#define LAB_MERGE_CHECK_H

#include "manifest.h"

/* What differs, as a sentence that names both runs; NULL: they can be joined. */
char *merge_obstacle(const run_info_t *a, const run_info_t *b);

/* Why this run cannot be joined with any; NULL: it can. */
char *merge_unfit(const run_info_t *run);

#endif
