/*
 * derive.h - writes derived/: the tables that figures, report and paper read.
 *
 * Derived data is made from manifest.json, samples.jsonl and waste.jsonl alone, and may be deleted
 * and made again at any time. Columns and units are documented in results/README.md.
 */
#ifndef LAB_DERIVE_H
#define LAB_DERIVE_H

#include "analysis.h"
#include "claims.h"
#include "recommend.h"
#include "waste.h"

void derive_write(const analysis_t *analysis, const recommendations_t *recommendations,
                  const standings_t *standings);
void derive_waste(const run_info_t *info, const waste_list_t *wastes); /* nothing, if it is empty */

#endif
