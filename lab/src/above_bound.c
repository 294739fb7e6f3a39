/*
 * above_bound.c - see above_bound.h.
 */
#include "above_bound.h"

#include "manifest.h"

#include <math.h>
#include <string.h>

enum { PAGE_BYTES = 4096 };

double above_bound_percent(const analysis_t *analysis, const cell_stats_t *cell) {
    const char *touch = manifest_row(analysis->info->workloads, "name", cell->workload, "touch");
    bool is_touched = strcmp(touch, "page") == 0 || strcmp(touch, "whole") == 0;
    if (!is_touched || !(cell->requested_peak_bytes > 0)) {
        return NAN;
    }
    double bound = ceil(cell->requested_peak_bytes / PAGE_BYTES) * PAGE_BYTES;
    return 100 * (cell->peak_bytes / bound - 1);
}
