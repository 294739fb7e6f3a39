/*
 * resident_mean.h - the resident set in the mean over the time of a replay: how much memory the
 * process held, weighted by how long. It tells what an allocator gives back while the program runs
 * on, which a peak cannot.
 *
 * The kernel keeps no such sum, so a thread of its own reads the resident set every 5 ms, at the
 * cost of some 20 us. Between two readings it is taken to be a straight line. The thread is made
 * and has its stack in memory before the base is read, and asks the allocator for nothing then.
 */
#ifndef WORKLOADS_RESIDENT_MEAN_H
#define WORKLOADS_RESIDENT_MEAN_H

#include <stdint.h>

/* Returns when the thread waits for what follows; once in a process. */
void resident_mean_open(void);

void resident_mean_begin(void);

/* Anonymous bytes since `begin`; the thread has ended. */
uint64_t resident_mean_end(void);

#endif
