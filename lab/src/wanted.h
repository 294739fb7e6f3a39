/*
 * wanted.h - what it takes to decide the rows of a comparison that are undecided.
 *
 * If launches go on to scatter about the same ratio as they did, an error falls with the root of
 * their number. So each such row has a number of launches that make it clear, or equivalent, as
 * likely as not, by the rule of stopping.h; a workload's launches serve all of its rows.
 */
#ifndef LAB_WANTED_H
#define LAB_WANTED_H

#include "analysis.h"

/* More than so many are not a plan; the ratio lies next to the margin. */
enum { WANTED_MOST = 2000 };

/* A row of the comparison whose throughput is undecided; not hakmem's twin. */
bool wanted_is_open(const cell_stats_t *row);

/* Launches beyond those that the row has; INFINITY: none will do. */
double wanted_launches(const analysis_t *analysis, const cell_stats_t *row);

/* Seconds that the undecided rows would take, of those that can be decided with WANTED_MOST
 * launches; 0 without such. */
double wanted_seconds(const analysis_t *analysis);

#endif
