/*
 * summary.h - what a run says on the terminal, and the same as JSON.
 */
#ifndef LAB_SUMMARY_H
#define LAB_SUMMARY_H

#include "analysis.h"
#include "claims.h"
#include "recommend.h"
#include "waste.h"

#include <stdio.h>

/* With `table` (peers), that in place of the listing of every allocator on every workload. */
void summary_print_head(FILE *out, const analysis_t *analysis, const waste_list_t *wastes);
void summary_print(FILE *out, const analysis_t *analysis, const recommendations_t *recommendations,
                   const standings_t *table, const waste_list_t *wastes);
json_t *summary_json(const analysis_t *analysis, const recommendations_t *recommendations,
                     const standings_t *standings, const waste_list_t *wastes);

#endif
