/*
 * samples.h - what one process measured: the raw record, its file, its status.
 *
 * samples.jsonl is append-only: one line per sample, written with one write(2) when the sample is
 * over and never edited. A line holds the driver's JSON as it came ("result"), beside what the lab
 * knows: cell, repetition, place in the order, settings, library, status. Everything derived is
 * computed from these lines by sample_read, also for the samples of the run that is under way.
 *
 * A sample that failed is a row with its status. Only "ok" counts as a time; "null" (the allocator
 * returned NULL, so less work was done) counts for failures and memory, not for time; no other
 * status carries numbers.
 *
 * One process at a time writes samples.jsonl: it holds a lock on it. A line that cannot be written
 * whole, because the disk is full, is taken back, so that what is there stays readable.
 */
#ifndef LAB_SAMPLES_H
#define LAB_SAMPLES_H

#include "launch.h"
#include "plan.h"

#include <jansson.h>

/* 1: whole processes, in blocks over all workloads; 2: blocks of one workload, panels of turns. */
enum { SAMPLE_SCHEMA = 2, STATUS_TEXT = 24 };

typedef struct latency {
    double count, p50_ns, p90_ns, p99_ns, p999_ns, p9999_ns, max_ns;
} latency_t;

/* A turn of a panel (panel.h). */
typedef struct turn {
    unsigned block;
    bool disturbed; /* its block was */
    double ops, wall_ns, cpu_ns, faults;
} turn_t;

typedef struct sample {
    int schema;
    char *cell;
    phase_t phase;
    unsigned rep;
    char *workload;
    char *allocator; /* key; the A/A twin of hakmem is "hakmem-again" */
    dec_t wmax_mid, wmax_large;
    unsigned threads; /* 0: as the workload says */
    char status[STATUS_TEXT];
    double elapsed_s; /* of the whole process */
    double share_s;   /* of the run's time: less, where it rested beside others */
    double ops, wall_ns, cpu_ns, minor_faults, major_faults; /* of turns: of all of them */
    unsigned driver_threads;
    turn_t *turns; /* in turns, in the order of blocks; else none */
    size_t turn_count;
    uint64_t rounds;            /* of a turn */
    double start_ops, start_ns; /* in turns: fill and first round of the fresh process; else NAN */
    double blocks, disturbed;   /* of its panel; else 0 */
    double cache_ns;            /* before its blocks (canary.h); not above 0: not told */
    double base_bytes;          /* anonymous RSS before the workload; what follows is less that */
    double peak_bytes, steady_bytes, drain_bytes; /* anonymous RSS of the workload itself */
    double tenth_bytes; /* the same after a tenth of the run; NAN where the driver does not say */
    double requested_peak_bytes, requested_steady_bytes, null_returns;
    double threshold, exhaustion, mapfail; /* ACE failures; NAN when not hakmem */
    bool of_memory_only;                   /* the driver says so: its time is that of its rests */
    char checksum[40];
    double seed; /* of what a generator drew; 0: it has none */
    bool has_latency;
    double clock_ns;
    latency_t malloc_latency, free_latency;
    latency_t requests;     /* of a whole program, as its load generator tells; NAN: it does not */
    const json_t *by_size;  /* latencies by kind and size; NULL: not measured */
    const json_t *memory;   /* what the allocator said, and drain readings; likewise */
    const json_t *resident; /* anonymous memory over time, seen from outside; likewise */
    const json_t *calls;    /* counts of system calls; likewise */
} sample_t;

typedef struct samples {
    sample_t *items;
    size_t count;
    size_t unreadable; /* lines cut short by a crash of the machine */
} samples_t;

/* How the process of a driver ended, whether its JSON is `whole`, and whether malloc came from
 * `library`, its real path, and not bypassed. */
void driver_status(const outcome_t *outcome, const json_t *result, bool whole, const char *library,
                   char status[STATUS_TEXT]);
/* The status that the outcome and the driver's JSON (NULL: none) stand for. `library` is the real
 * path that must have served malloc. */
void sample_status(const outcome_t *outcome, const json_t *result, const char *library,
                   char status[STATUS_TEXT]);

/* The record of one sample. `settings` is an object of the environment given; both are borrowed. */
json_t *sample_record(const cell_t *cell, unsigned rep, unsigned order, const outcome_t *outcome,
                      const json_t *result, const json_t *settings);

bool sample_read(const json_t *record, sample_t *out);
bool sample_counts_as_time(const sample_t *sample);
bool sample_counts_as_memory(const sample_t *sample);
bool sample_failed(const sample_t *sample);

/* Gives each line of a file of records to `take`; NULL stands for one that is no JSON. An absent
 * file has none. */
void records_load(const char *path, void (*take)(void *context, const json_t *record),
                  void *context);
void samples_load(const char *path, samples_t *out); /* an absent file: none */
/* Opens for appending; a last line without its newline is closed first. */
int samples_open(const char *path);
void record_append(int file, const json_t *record);
void samples_append(int file, samples_t *samples, const json_t *record);
/* Those of a panel, with one write: all are there or none. */
void samples_append_all(int file, samples_t *samples, json_t *const *records, size_t count);
bool samples_has(const samples_t *samples, const char *cell, unsigned rep);

#endif
