/*
 * probe.h - which allocator serves this process, and what hakmem counted in it.
 *
 * A comparison in which both sides turned out to be libc is worth nothing, so each sample names the
 * object that resolves `malloc`. hakmem's counters are read through dlsym: a driver is linked with
 * no allocator, and runs the same under any.
 */
#ifndef WORKLOADS_PROBE_H
#define WORKLOADS_PROBE_H

#include <stdint.h>

/* The path of that object; "unknown" when the loader cannot tell. */
const char *probe_malloc_object(void);

typedef struct probe_hakmem {
    const char *version;
    const char *bypass; /* NULL: none */
    uint64_t threshold, exhaustion, mapfail;
} probe_hakmem_t;

/* 1 and the counters when hakmem is in the process, else 0. */
int probe_hakmem(probe_hakmem_t *out);

#endif
