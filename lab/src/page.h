/*
 * page.h - report.html: one file with data and figures inside it, which needs no network to be
 * read. Its markup, style and script are the files of lab/page/; what it shows is derived/
 * report.json (page_data.h), which this writes too.
 *
 * In page.html, {{name.css}} and {{name.js}} stand for the file of that name beside it, and
 * {{run}}, {{headline}}, {{report.json}}, {{figures}} for what the run has. A figure stands in a
 * <template> of its name, from which the script takes it.
 */
#ifndef LAB_PAGE_H
#define LAB_PAGE_H

#include "analysis.h"
#include "claims.h"
#include "figures.h"
#include "recommend.h"

/* `root`: of the repository. Ends the program when a file of lab/page/ is missing. */
void page_write(const char *root, const analysis_t *analysis,
                const recommendations_t *recommendations, const standings_t *standings,
                const waste_list_t *wastes, const figure_list_t *figures, const char *summary);

/* That of a merged run (machines_show.h), from machines.html and `data`. */
void page_write_machines(const char *root, const char *folder, const json_t *data);

#endif
