/*
 * power.h - what a run of this length would detect on this machine: check-power.
 *
 * The launches of the run are cut into short runs, one after the other, each judged by itself, as
 * if it were all that there is: hakmem's twin and hakmem with a known delay against hakmem, as one
 * workload of a sweep is judged. How often the delay is found, and how often the twin is called
 * different, by the number of launches and the time that they took: the curve.
 */
#ifndef LAB_POWER_H
#define LAB_POWER_H

#include "analysis.h"

#include <stdio.h>

/* One length of the short runs. */
typedef struct power_row {
    const char *allocator; /* "hakmem-again", "hakmem+2%" */
    size_t launches, runs;
    double seconds; /* that a short run of that length takes, all cells together */
    size_t slower, faster, equivalent; /* how many runs said so; the others are undecided */
    double half_width; /* median over the runs of the interval's, as a relative difference */
} power_row_t;

typedef struct power {
    power_row_t *items;
    size_t count;
    const char *workload;
} power_t;

void power_make(const analysis_t *analysis, power_t *out);
/* True when a delay of 2 % is found in nine of ten runs of the greatest length, and the twin never
 * called different. */
bool power_print(FILE *out, const power_t *power);
/* derived/power.csv */
void power_derive(const analysis_t *analysis, const power_t *power);

#endif
