/*
 * report.h - everything that follows from a run's raw samples: derived tables, figures,
 * report.html, and the summary. Used at the end of a run and by `report RUN`.
 */
#ifndef LAB_REPORT_H
#define LAB_REPORT_H

#include "options.h"

#include <stdio.h>

/* The exit status: 1 if a sample failed or a figure could not be drawn. */
int report_make(const char *root, const char *folder, const options_t *options);
/* The same; what the terminal would show goes to `out`. */
int report_into(const char *root, const char *folder, const options_t *options, FILE *out);

/* The folder of a run that was named by its path or, under results/, by its run-id. */
char *report_find(const char *root, const char *name);

#endif
