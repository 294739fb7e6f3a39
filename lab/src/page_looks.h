/*
 * page_looks.h - the page's figures of the closer looks at a workload: latency, memory, system
 * calls; and of the requests to a whole program. Parts of report.json.
 */
#ifndef LAB_PAGE_LOOKS_H
#define LAB_PAGE_LOOKS_H

#include "analysis.h"

/* {latency, memory, calls}: an array each, a row per sample. */
json_t *page_looks(const analysis_t *analysis);
/* A row per allocator and whole program whose load generator tells of its requests. */
json_t *page_requests(const analysis_t *analysis);

#endif
