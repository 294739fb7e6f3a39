/*
 * noise.h - what check-noise says: how far two measurements of the same thing are apart here.
 */
#ifndef LAB_NOISE_H
#define LAB_NOISE_H

#include "analysis.h"

#include <stdio.h>

/* Prints a row per workload; true when every half width of throughput is within the margin. */
bool noise_print(FILE *out, const analysis_t *analysis);

#endif
