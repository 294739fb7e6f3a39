/*
 * machines_show.h - the report of a merged run: each machine's own, then what holds on all of them
 * (machines.h), on the terminal, as tables in derived/ and on a page.
 */
#ifndef LAB_MACHINES_SHOW_H
#define LAB_MACHINES_SHOW_H

#include "machines.h"

/* As report_make (report.h). */
int machines_report(const char *root, const char *folder, const options_t *options);

/* The part about all machines together. */
void machines_print(FILE *out, const machines_t *all);

#endif
