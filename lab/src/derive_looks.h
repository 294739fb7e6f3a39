/*
 * derive_looks.h - tables of what is measured beside the repetitions: latency tails, memory over
 * time and where it went, system calls, scaling with threads; and of the requests to whole
 * programs. results/README.md has the columns.
 *
 * Where memory went, from a sample of MEMORY at its steady reading, all less the base reading:
 *   requested   what the program asked for, from the driver
 *   rounding    the allocator's bytes in use less those
 *   held        free and kept ready; metadata: its records
 *   resident    anonymous memory in fact; it is less than the sum where pages were never touched
 * and after the drain what is resident at 0.1, 1 and 5 s: unreturned.
 */
#ifndef LAB_DERIVE_LOOKS_H
#define LAB_DERIVE_LOOKS_H

#include "analysis.h"

typedef struct memory_split {
    double requested, rounding, held, metadata, resident; /* bytes; NAN: not told */
    double drain[3];                                      /* resident after 0.1, 1 and 5 s */
} memory_split_t;

/* False if the sample has none. */
bool looks_split(const sample_t *sample, memory_split_t *out);

/* Calls by name (mmap, munmap, mremap, madvise, brk) per million operations; NAN: not counted. */
double looks_calls(const sample_t *sample, const char *name);

void derive_looks(const analysis_t *analysis);

#endif
