/*
 * figures.h - draws the SVG and PNG figures of a run with the gnuplot scripts of plots/.
 *
 * A script gets its CSV, the name of the figure without ending, and the words of the title. It
 * reads nothing else, so every point drawn stands in derived/.
 */
#ifndef LAB_FIGURES_H
#define LAB_FIGURES_H

#include "analysis.h"

typedef struct figure {
    char *name; /* "grid-throughput-mid33": the file without folder and ending */
    char *workload;
    char *caption;
} figure_t;

typedef struct figure_list {
    figure_t *items;
    size_t count;
    size_t failed;
} figure_list_t;

/* Draws all figures that the run has samples for; one that gnuplot cannot draw is a warning. */
void figures_draw(const char *root, const analysis_t *analysis, figure_list_t *out);

#endif
