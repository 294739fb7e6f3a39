/*
 * page_method.h - what the page says on how the run was measured: the machine, repetitions, and the
 * noise floors. Parts of report.json.
 */
#ifndef LAB_PAGE_METHOD_H
#define LAB_PAGE_METHOD_H

#include "analysis.h"

json_t *page_facts(const json_t *manifest);      /* [{name, value}] */
json_t *page_floors(const analysis_t *analysis); /* of the comparison, which has most pairs */

#endif
