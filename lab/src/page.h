/*
 * page.h - report.html: one file with the figures inside it, which needs no network to be read.
 * The workloads of a large comparison stand in their groups, each with one figure.
 */
#ifndef LAB_PAGE_H
#define LAB_PAGE_H

#include "analysis.h"
#include "claims.h"
#include "figures.h"
#include "recommend.h"

void page_write(const analysis_t *analysis, const recommendations_t *recommendations,
                const standings_t *standings, const waste_list_t *wastes,
                const figure_list_t *figures, const char *summary);

#endif
