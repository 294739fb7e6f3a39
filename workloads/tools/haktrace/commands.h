/*
 * commands.h - the commands of haktrace; each ends the process with a message when it cannot go on.
 */
#ifndef WORKLOADS_HAKTRACE_COMMANDS_H
#define WORKLOADS_HAKTRACE_COMMANDS_H

#include "trace/profile.h"
#include "trace/stats.h"
#include "trace/trace.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { WORDS_MAX = 256 };

typedef struct range {
    bool is_set;
    uint64_t from, to;
} range_t;

typedef struct options {
    const char *words[WORDS_MAX]; /* the command and its arguments */
    unsigned word_count;
    bool json;
    const char *figures;              /* stats, classes: the folder */
    const char *to;                   /* convert: the format */
    bool drops_times;                 /* convert, or … */
    uint64_t time_unit_us;            /* … at least this; 0: as it is */
    const char *threads;              /* cut: numbers; synth: how many */
    range_t events, times_ms;         /* cut */
    bool drop_live;                   /* cut */
    uint64_t length, seed;            /* synth */
    uint64_t live_bytes, rate;        /* synth; 0: the profile's */
    range_t sizes;                    /* classes: bytes, `to` included */
    const char *format;               /* classes: never NULL */
    uint64_t classes;                 /* classes: at most; 0: as many as pay for themselves … */
    bool takes_fewest;                /* … or as few as W_MAX allows */
    bool has_wmax, compares, at_peak; /* classes */
    uint64_t wmax;                    /* millionths; 0: none */
    bool has_switches;                /* classes … */
    uint64_t switches;                /* … at most */
} options_t;

void run_info(const char *path);
void run_head(const char *path, const char *count);
int run_verify(const char *const *paths, unsigned count);
void run_stats(const options_t *options);
void run_convert(const options_t *options);
void run_cut(const options_t *options);
void run_merge(const options_t *options);
void run_synth(const options_t *options);
void run_classes(const options_t *options);
void run_bound(const options_t *options);

/* A trace in any format, with what stats finds in it. */
typedef struct subject {
    trace_t trace;
    trace_stats_t stats;
    profile_t profile;
} subject_t;

void print_stats_text(const subject_t *subject);
void print_stats_json(const subject_t *subject);
void draw_figures(const subject_t *subject, const char *folder);

/* A profile from the JSON of stats, or from a CSV of sizes, rates and live counts. */
void profile_load(const char *path, profile_t *out);

/* Makes the trace; `live_bytes`, `rate` 0: as in the profile. */
void synth_make(const profile_t *profile, const options_t *options, trace_t *out);
void print_match(const profile_t *wanted, const profile_t *got);

/* The blocks whose lives these are: those that were freed. */
static inline double lives_sum(const double *lives) {
    double sum = 0;
    for (unsigned i = 0; i < PROFILE_LIVES; i++)
        sum += lives[i];
    return sum;
}

static inline double percent_of(double part, double whole) {
    return whole == 0 ? 0 : 100 * part / whole;
}

#endif
