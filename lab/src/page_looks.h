/*
 * page_looks.h - the page's tables of the closer looks at a workload: latency, memory, system
 * calls; and of the requests to a whole program.
 */
#ifndef LAB_PAGE_LOOKS_H
#define LAB_PAGE_LOOKS_H

#include "analysis.h"
#include "requests.h"

#include <stdio.h>

/* What there is of them, of one workload. */
void page_looks(FILE *file, const analysis_t *analysis, const char *workload);
/* The tails of its requests, where its load generator tells them. */
void page_requests(FILE *file, const run_info_t *info, const request_tails_t *tails,
                   const char *workload);

void page_text(FILE *file, const char *text); /* escaped */
void page_cell(FILE *file, const char *text); /* in <td> */

#endif
