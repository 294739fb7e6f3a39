/*
 * preload_log.h - the recording side of libhakrec.so: stamps, lanes, the raw file.
 *
 * preload_malloc.c intercepts, this module writes down. It allocates nothing through malloc and
 * keeps errno. While it is off (before start-up, after the limit, in a forked child that is not
 * followed) log_add does nothing.
 */
#ifndef WORKLOADS_PRELOAD_LOG_H
#define WORKLOADS_PRELOAD_LOG_H

#include "recorder/raw.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

extern atomic_bool log_on;
extern bool log_uses_tsc;
extern bool log_wants_sites;

/* Relaxed: threads that run while it changes record one event more or less. */
static inline bool log_is_on(void) {
    return atomic_load_explicit(&log_on, memory_order_relaxed);
}

static inline uint64_t log_clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* Before memory is given back. The stores by which the allocator takes it come later in this
 * thread, so they are seen by no other thread before this reading. */
static inline uint64_t log_stamp_before(void) {
#if defined(__x86_64__)
    if (log_uses_tsc)
        return __rdtsc();
#endif
    return log_clock_ns();
}

/* After memory was obtained: rdtscp waits for the loads before it, so the reading is later than
 * the sight of the free that made the memory available. */
static inline uint64_t log_stamp_after(void) {
#if defined(__x86_64__)
    unsigned processor;
    if (log_uses_tsc)
        return __rdtscp(&processor);
#endif
    return log_clock_ns();
}

/* `site`: the address that the call returns to, or NULL. */
void log_add(raw_op_t op, uint64_t stamp, const void *address, uint64_t bytes, uint64_t alignment,
             const void *site);

/* Opens the raw file that the environment names; `allocator` is written into its header. */
void log_start(const char *allocator);

/* What exec needs to know, preload_exec.c. */

/* This process is about to become `path`: true when it is to be recorded then, so that the new
 * program needs the variables below. Else, in a child that is not recorded, it is counted. */
bool log_leave(const char *path);
void log_stay(void); /* exec failed */
void log_count_child(void);

/* The path of libhakrec.so. */
const char *log_library(void);

/* Entries of the environment for a program that this process becomes, but for LD_PRELOAD: at most
 * LOG_VARIABLES, made in `text`, LOG_VARIABLES_BYTES long. Returns how many. */
enum { LOG_VARIABLES = 6, LOG_VARIABLES_BYTES = RAW_TEXT_BYTES + 256 };
size_t log_variables(char **out, char *text);

/* preload_site.c: a number for the place of a call, the same in each run of the same program:
 * from the name of the object and the offset in it. Never 0. */
uint32_t site_of(const void *address);

#endif
