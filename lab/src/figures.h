/*
 * figures.h - draws the SVG and PNG figures of a run with the gnuplot scripts of plots/.
 *
 * A script gets its CSV, the name of the figure without ending, and the words of the title. It
 * reads nothing else, so every point drawn stands in derived/.
 *
 * A comparison of many workloads has a figure for each group of them; one of few has two for each
 * workload, with every sample.
 */
#ifndef LAB_FIGURES_H
#define LAB_FIGURES_H

#include "analysis.h"
#include "claims.h"
#include "waste.h"

typedef enum figure_scope { FIGURE_OF_RUN, FIGURE_OF_GROUP, FIGURE_OF_WORKLOAD } figure_scope_t;

typedef struct figure {
    char *name; /* "grid-throughput-mid33": the file without folder and ending */
    figure_scope_t scope;
    char *of; /* name of the group or workload; "overview" or "waste" of the run's */
    char *caption;
    const char *missing; /* why it is not drawn; NULL: it is */
    char *note;          /* in its corner; NULL: nothing */
} figure_t;

typedef struct figure_list {
    figure_t *items;
    size_t count;
    size_t failed;
} figure_list_t;

/* Draws all figures that the run has samples for. One whose table has no number to show, as those
 * of a run that was interrupted early, is listed with the reason; one that gnuplot cannot draw is a
 * warning. */
void figures_draw(const char *root, const analysis_t *analysis, const standings_t *standings,
                  const waste_list_t *wastes, figure_list_t *out);

/* The one figure of check-power, from derived/power.csv. */
void figures_draw_power(const char *root, const char *folder, const char *workload);

/* Those of the adviser, from derived/advise-front.csv and advise-knobs.csv: the front, over the
 * default of `over`, and the knobs of each allocator. Returns how many could not be drawn. */
size_t figures_draw_advice(const char *root, const run_info_t *info, const char *title,
                           const char *over);

/* Has the comparison so many workloads that it is drawn by group? */
bool figures_by_group(const standings_t *standings);

#endif
