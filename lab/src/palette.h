/*
 * palette.h - the colour and the mark of every allocator of a run, in all figures and on the page.
 *
 * The only table of them: figures read it as derived/allocators.csv (plots/style.gp), the page as
 * part of report.json. The allocators of the comparison have colours of their own, which are the
 * same in every run; others take those that are left, in their order. Hues of Okabe and Ito, which
 * readers with any common colour blindness tell apart, then greys and darker ones; marks, of
 * gnuplot, differ besides.
 */
#ifndef LAB_PALETTE_H
#define LAB_PALETTE_H

#include "manifest.h"

typedef struct paint {
    unsigned rgb;
    int mark;
} paint_t;

/* Of the allocator at a place of the run's table, hakmem being the first. */
paint_t palette_of(const run_info_t *info, size_t place);
/* derived/allocators.csv. */
void palette_write(const run_info_t *info);

#endif
