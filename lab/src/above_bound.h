/*
 * above_bound.h - how far an allocator's peak is from the least memory that any could take.
 *
 * At the peak of what is requested, that many bytes lie in pages that were written to, if the
 * workload writes to each page of its blocks: so an allocator has as many pages at least, whatever
 * it does (haktrace bound tells the same of a trace, rounded to 8 bytes a block). It is a scale
 * with a fixed zero, unlike a ratio to another allocator.
 */
#ifndef LAB_ABOVE_BOUND_H
#define LAB_ABOVE_BOUND_H

#include "analysis.h"

/* Per cent; NAN where the workload writes less than a page, requests nothing, or has no sample. */
double above_bound_percent(const analysis_t *analysis, const cell_stats_t *cell);

#endif
