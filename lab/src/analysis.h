/*
 * analysis.h - from raw samples to statistics per cell; everything shown is read from here.
 *
 * Ratios are to the reference of the same phase and workload: hakmem at its defaults (COMPARE) or
 * the default W_MAX pair (GRID, CONFIRM), paired by launch and turn (pairs.h). Throughput is
 * operations per second: of the warm program where it is measured in turns, and beside it of its
 * start, in which it grows and touches its memory for the first time; else of the timed part.
 * Memory is anonymous RSS of the workload itself per byte that was requested at
 * the same moment, so 1.00 means no waste (and below 1 that requested bytes were never touched).
 * A workload that itself requests nothing, because it starts programs, has no such quotient; its
 * ratios are of bytes.
 *
 * Verdicts are corrected (stats.h) for all comparisons of their phase by the same measure: every
 * cell but the reference. Its A/A twin is judged as all others are.
 */
#ifndef LAB_ANALYSIS_H
#define LAB_ANALYSIS_H

#include "manifest.h"
#include "pairs.h"
#include "samples.h"
#include "stats.h"

typedef enum measure {
    MEASURE_THROUGHPUT, /* operations per second */
    MEASURE_PEAK,       /* peak RSS per byte requested at its peak */
    MEASURE_STEADY,     /* RSS at the end of the timed part per byte requested then */
    MEASURE_START,      /* operations per second of the start; NAN where it is not told apart */
    MEASURES
} measure_t;

typedef struct spread {
    double least, q25, median, q75, most; /* NAN without a sample */
} spread_t;

typedef struct cell_stats {
    const char *id, *workload, *allocator; /* allocator: key, or "hakmem-again" */
    phase_t phase;
    unsigned threads; /* SCALING: how many; else 0 */
    dec_t wmax_mid, wmax_large;
    size_t samples, failed;
    char *failures; /* "2 timeout, 1 signal 11", or "" */
    bool on_front;  /* of its phase and workload, no setting is both faster and leaner */
    spread_t spread[MEASURES];
    interval_t ratio[MEASURES]; /* to the reference */
    double p[MEASURES];         /* corrected for the comparisons of the phase */
    verdict_t verdict[MEASURES];
    double peak_bytes, steady_bytes, drain_bytes, requested_peak_bytes; /* medians */
    double cpu_ns_per_op, faults_per_kop;
    double rare_work; /* mean turn over median turn, less 1 (pairs.h); NAN: not in turns */
    double threshold_ppm, exhaustion_ppm, mapfail_ppm; /* ACE failures per million operations */
    const sample_t *latency;                           /* the latency sample, in PHASE_LATENCY */
} cell_stats_t;

typedef struct analysis {
    const run_info_t *info;
    const samples_t *samples;
    cell_stats_t *cells; /* by phase, workload, allocator, W_MAX_MID, W_MAX_LARGE */
    size_t count;
    size_t failed; /* samples whose status is not "ok" */
} analysis_t;

void analysis_make(const run_info_t *info, const samples_t *samples, analysis_t *out);

/* What counts as equal: 0.02 = 2 %. */
double analysis_margin(const analysis_t *analysis);

/* A/A noise floor of a workload, for a median of `pairs` launches, from the A/A launches of all
 * phases; NAN without one. It is shown; no verdict rests on it. */
double analysis_floor(const analysis_t *analysis, const char *workload, measure_t measure,
                      size_t pairs);
/* The same of any other value above 0 of a sample. */
double analysis_floor_of(const analysis_t *analysis, const char *workload, sample_value_t value,
                         size_t pairs);

const cell_stats_t *analysis_find(const analysis_t *analysis, phase_t phase, const char *workload,
                                  const char *allocator, dec_t mid, dec_t large);
/* Cells of a phase, on one workload (NULL: on any). */
size_t analysis_count(const analysis_t *analysis, phase_t phase, const char *workload);

/* `cell` over `other`, by what is compared. */
interval_t analysis_ratio(const analysis_t *analysis, const char *cell, const char *other,
                          measure_t measure);

/* The value in both cells, of the repetitions where both count: into `a` and `b`, which have room
 * for every sample. Returns how many. */
size_t analysis_pairs(const analysis_t *analysis, const char *cell, const char *other_cell,
                      sample_value_t value, double *a, double *b);

/* NAN where it does not count. */
double sample_measure(const sample_t *sample, measure_t measure);
/* What ratios are taken of: the same, or bytes where nothing was requested. */
double sample_compared(const sample_t *sample, measure_t measure);
bool sample_requests_nothing(const sample_t *sample);

/* For people: "faster" and "slower", of memory "more" and "less"; "equivalent", "undecided". */
const char *analysis_word(verdict_t verdict, measure_t measure);

#endif
