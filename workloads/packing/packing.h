/*
 * packing.h - how near an allocator could come to the bound if it knew the future: a packing of a
 * trace's blocks without moves.
 *
 * Blocks are placed in the order of the trace. Of the gaps that hold a block, up to some dozens of
 * the smallest, and the end of the heap, each is tried at both of its ends; the place is taken that
 * adds least resident memory over time: for each page the time by which the block outlives what
 * lies in it already. A page without a live block is not resident. A realloc stays where it is if
 * it fits there; else both blocks are there at once.
 *
 * Time runs faster where more is live, so that pages near the peak are dear: the packing is made
 * with two such clocks, and the better one counts. Nothing is optimal about it: it is a packing
 * that exists, so the best one takes no more, and no less than the bound.
 */
#ifndef WORKLOADS_PACKING_PACKING_H
#define WORKLOADS_PACKING_PACKING_H

#include "trace/trace.h"

enum { PACKING_UNIT = 16 }; /* blocks lie at multiples of it */

/* The peak of resident pages. */
uint64_t packing_of_trace(const trace_t *trace, uint64_t unit, uint64_t page_bytes);

#endif
