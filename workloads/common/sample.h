/*
 * sample.h - what one run of a workload driver measured, and how it is written down.
 *
 * One process makes one sample. sample_write_json puts it into a file as one line of JSON, whose
 * keys are described in workloads/README.md; the lab reads nothing else of a driver.
 * sample_print_summary is for a person at a terminal. Both allocate nothing through malloc.
 */
#ifndef WORKLOADS_SAMPLE_H
#define WORKLOADS_SAMPLE_H

#include "common/clock.h"
#include "common/latency.h"
#include "common/memory.h"
#include "common/probe.h"

#include <stdbool.h>
#include <stdint.h>

enum { SAMPLE_PARAMS_MAX = 24 };

typedef struct sample_param {
    const char *name;
    const char *text; /* NULL: the value is `number` */
    uint64_t number;
} sample_param_t;

/* What a load generator says of its requests; 0: it does not tell. */
typedef struct sample_requests {
    uint64_t p50_ns, p90_ns, p99_ns, p999_ns, max_ns;
} sample_requests_t;

typedef struct sample {
    const char *workload;
    sample_param_t params[SAMPLE_PARAMS_MAX];
    unsigned param_count;
    unsigned threads;

    uint64_t ops;
    uint64_t wall_ns, cpu_user_ns, cpu_sys_ns;
    uint64_t minor_faults, major_faults;

    uint64_t rss_anon_base_bytes;
    int64_t rss_anon_peak_bytes, rss_anon_steady_bytes, rss_anon_drain_bytes; /* minus base */
    bool leaves;    /* without a reading after the drain, as the lab said (turns.h) */
    bool has_tenth; /* the reading after a tenth of the run was taken */
    int64_t rss_anon_tenth_bytes;
    uint64_t requested_peak_bytes, requested_steady_bytes;

    bool of_memory_only; /* what it is measured for: its time is that of its rests */

    uint64_t null_returns;
    uint64_t checksum;

    bool in_turns; /* then ops and checksum are these: of the turns that count, of the start */
    uint64_t turn_ops, turn_checksum;

    clock_rate_t clock;
    const latency_t *latency; /* NULL: operations were not timed */
    memory_log_t memory;      /* only in a run for memory */

    /* Of a driver that measures another process; NULL: this process. */
    const char *malloc_object;
    const probe_hakmem_t *hakmem; /* its version is NULL when there is none */
    sample_requests_t requests;

    /* What a driver has to say beyond that, or NULL: members of the JSON, each with a comma before
     * it, and whole lines of the summary. */
    const char *more_json, *more_text;
} sample_t;

void sample_param_number(sample_t *sample, const char *name, uint64_t value);
void sample_param_text(sample_t *sample, const char *name, const char *value);

/* Ends the process with a message that names `path` when it cannot be written. */
void sample_write_json(const sample_t *sample, const char *path);
void sample_print_summary(const sample_t *sample);

/* JSON to `path` when it is not NULL, else the summary to stdout. */
void sample_report(const sample_t *sample, const char *path);

#endif
