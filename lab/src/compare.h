/*
 * compare.h - two runs against each other: did hakmem get faster, slower, fatter, leaner?
 *
 * Samples of two runs are not paired in time, so ratios are of independent medians. What the
 * machine did in between shows in the allocators that did not change (same hash in both runs):
 * their drift on a workload widens that workload's noise floor.
 */
#ifndef LAB_COMPARE_H
#define LAB_COMPARE_H

#include <stdbool.h>

/* Exit status: 1 where a hakmem cell of B is slower or takes more memory beyond noise, or failed
 * where A did not. */
int compare_runs(const char *folder_a, const char *folder_b, bool json);

#endif
