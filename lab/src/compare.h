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

enum { COMPARE_UNDECIDED = 3 };

/* Exit status: 1 where a hakmem cell of B is slower or takes more memory beyond noise, or failed
 * where A did not; COMPARE_UNDECIDED where that is not so, but of some cell of the comparison it is
 * not shown that it is as good as in A, within the margin. */
int compare_runs(const char *folder_a, const char *folder_b, bool json);

#endif
