/*
 * page_looks.h - the page's tables of the closer looks at a workload: latency, memory, system
 * calls.
 */
#ifndef LAB_PAGE_LOOKS_H
#define LAB_PAGE_LOOKS_H

#include "analysis.h"

#include <stdio.h>

/* What there is of them, of one workload. */
void page_looks(FILE *file, const analysis_t *analysis, const char *workload);

void page_text(FILE *file, const char *text); /* escaped */
void page_cell(FILE *file, const char *text); /* in <td> */

#endif
