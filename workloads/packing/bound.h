/*
 * bound.h - the least memory that a trace can take, whatever the allocator.
 *
 * The bound: at any moment the pages that hold a byte of a live block are resident, if the program
 * has written to each of its blocks' pages (as the replayer does with --touch=page or whole; what
 * a program never touches does not count). Blocks do not overlap. An allocator puts blocks at
 * multiples of 8, so a block takes its size rounded up to 8, and as a page ends at a multiple of 8,
 * that lies in the block's own pages. So the live sizes, each rounded up to 8, divided by 4096 and
 * rounded up, are pages that any allocator needs; the bound is their highest number over time.
 * Small blocks may share pages, so no block is rounded to a page of its own. Blocks of 0 bytes have
 * nothing to touch.
 *
 * It is that of the trace's order. With several threads a replay may have another order, and
 * another peak, which the replayer tells.
 */
#ifndef WORKLOADS_PACKING_BOUND_H
#define WORKLOADS_PACKING_BOUND_H

#include "trace/trace.h"

enum { BOUND_UNIT = 8, BOUND_PAGE = 4096 };

typedef struct memory_bound {
    uint64_t live_bytes; /* as requested, at their peak */
    uint64_t pages;      /* the bound … */
    uint64_t event;      /* … is reached first behind this event */
} memory_bound_t;

/* In units and pages of so many bytes. */
void bound_of_trace(const trace_t *trace, uint64_t unit, uint64_t page_bytes, memory_bound_t *out);

#endif
