/*
 * summary.h - what a run says on the terminal, and the same as JSON.
 */
#ifndef LAB_SUMMARY_H
#define LAB_SUMMARY_H

#include "analysis.h"
#include "recommend.h"

#include <stdio.h>

void summary_print(FILE *out, const analysis_t *analysis, const recommendations_t *recommendations);
json_t *summary_json(const analysis_t *analysis, const recommendations_t *recommendations);

#endif
