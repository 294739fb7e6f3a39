/*
 * preload_log.h - the recording side of libhakrec.so: tickets, buffers, the raw file.
 *
 * preload_malloc.c intercepts, this module writes down. It allocates nothing through malloc and
 * keeps errno. While it is off (before start-up, after the end, in a forked child that is not
 * followed) log_add does nothing.
 */
#ifndef WORKLOADS_PRELOAD_LOG_H
#define WORKLOADS_PRELOAD_LOG_H

#include "recorder/raw.h"

#include <stdbool.h>
#include <stdint.h>

bool log_is_on(void);

/* The next place in the order of events. Sequentially consistent: it must not move across the
 * allocator's own work, see raw.h. */
uint64_t log_ticket(void);

void log_add(raw_op_t op, uint64_t ticket, const void *address, uint64_t bytes, uint64_t alignment);

/* Opens the raw file that the environment names; `allocator` is written into its header. */
void log_start(const char *allocator);

/* Writes out what all threads hold, and is off from then on. */
void log_stop(void);

#endif
