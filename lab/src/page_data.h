/*
 * page_data.h - report.json: everything that report.html shows, but for the figures' drawings.
 *
 * results/README.md has its keys. Numbers that are not known are null.
 */
#ifndef LAB_PAGE_DATA_H
#define LAB_PAGE_DATA_H

#include "analysis.h"
#include "claims.h"
#include "figures.h"
#include "recommend.h"

json_t *page_data(const analysis_t *analysis, const recommendations_t *recommendations,
                  const standings_t *standings, const waste_list_t *wastes,
                  const figure_list_t *figures, const char *summary);

#endif
