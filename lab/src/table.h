/*
 * table.h - the comparison's table: a row per workload with the fastest and the leanest other
 * allocator, ratios, verdicts and claims; for the terminal and as JSON, and its words for the page.
 */
#ifndef LAB_TABLE_H
#define LAB_TABLE_H

#include "claims.h"

#include <stdio.h>

void table_print(FILE *out, const standings_t *standings);
json_t *table_json(const standings_t *standings);          /* an array, a row each */
json_t *table_findings_json(const standings_t *standings); /* how many claims hold, … */

/* "0.742 [0.731, 0.751]", or a dash. */
char *table_interval(interval_t interval);
/* "faster", "slower", "more", "less", "same", "few" */
const char *table_verdict(verdict_t verdict, rivalry_t rivalry);
/* "speed >= 2.00 x fastest" */
char *table_claim(const claim_t *claim);
/* "speed >= 2.00 x fastest: holds", and the figure where it is not in the row already */
char *table_claim_line(const standing_t *standing, const claim_t *claim);
/* "2.104 [2.050, 2.150] against mimalloc" */
char *table_figure(const standing_t *standing, const claim_t *claim);
/* "40 hold, 5 undecided, 3 miss" */
char *table_count(const standings_t *standings);

/* For other JSON: null where the value is not finite. */
json_t *table_number_json(double value);
json_t *table_interval_json(interval_t interval);

#endif
