/*
 * analysis.h - from raw samples to statistics per cell; everything shown is read from here.
 *
 * Ratios are to the reference of the same phase and workload: hakmem at its defaults (COMPARE) or
 * the default pair (GRID, CONFIRM), paired by repetition. Throughput is operations per second of
 * the timed part; memory is anonymous RSS of the workload itself per byte that was requested at
 * the same moment, so 1.00 means no waste (and below 1 that requested bytes were never touched).
 * A workload that itself requests nothing, because it starts programs, has no such quotient; its
 * ratios are of bytes.
 *
 * Verdicts are corrected (stats.h) for all comparisons of their phase: every cell but the reference
 * and its A/A twin, by each measure.
 */
#ifndef LAB_ANALYSIS_H
#define LAB_ANALYSIS_H

#include "manifest.h"
#include "samples.h"
#include "stats.h"

typedef enum measure {
    MEASURE_THROUGHPUT, /* operations per second */
    MEASURE_PEAK,       /* peak RSS per byte requested at its peak */
    MEASURE_STEADY,     /* RSS at the end of the timed part per byte requested then */
    MEASURES
} measure_t;

typedef double (*sample_value_t)(const sample_t *sample); /* NAN where it does not count */

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

/* A/A noise floor of a workload, for a median of `pairs` ratios, from the A/A pairs of all phases;
 * analysis_screen_floor leaves those of CONFIRM out, and of COMPARE all but the first repetitions,
 * because what the grid suggests must not change once it is being confirmed. */
double analysis_floor(const analysis_t *analysis, const char *workload, measure_t measure,
                      size_t pairs);
/* The same of any other value above 0 of a sample. */
double analysis_floor_of(const analysis_t *analysis, const char *workload, sample_value_t value,
                         size_t pairs);
double analysis_screen_floor(const analysis_t *analysis, const char *workload, measure_t measure,
                             size_t pairs);

const cell_stats_t *analysis_find(const analysis_t *analysis, phase_t phase, const char *workload,
                                  const char *allocator, dec_t mid, dec_t large);
/* Cells of a phase, on one workload (NULL: on any). */
size_t analysis_count(const analysis_t *analysis, phase_t phase, const char *workload);

/* The value in both cells, of the repetitions where both count: into `a` and `b`, which have room
 * for every sample. Returns how many. */
size_t analysis_pairs(const analysis_t *analysis, const char *cell, const char *other_cell,
                      sample_value_t value, double *a, double *b);

/* NAN where it does not count. */
double sample_measure(const sample_t *sample, measure_t measure);
/* What ratios are taken of: the same, or bytes where nothing was requested. */
double sample_compared(const sample_t *sample, measure_t measure);
bool sample_requests_nothing(const sample_t *sample);

/* For people: "faster", "same", … for throughput, "more", "less", … for memory. */
const char *analysis_word(verdict_t verdict, measure_t measure);

#endif
