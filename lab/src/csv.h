/*
 * csv.h - a table of derived/ while it is written, and a look at one that is there.
 *
 * Cells are parted by commas; each put ends its cell with `end`, a comma or a newline. Failing to
 * write ends the program.
 */
#ifndef LAB_CSV_H
#define LAB_CSV_H

#include "stats.h"

#include <stdbool.h>
#include <stdio.h>

FILE *csv_open(const char *folder, const char *name, const char *header); /* derived/<name>.csv */
void csv_close(FILE *file);

void csv_put(FILE *file, double value, const char *end); /* NaN where there is none */
void csv_put_text(FILE *file, const char *text, const char *end);
void csv_put_interval(FILE *file, interval_t interval); /* mid, lo, hi, pairs, each with a comma */

/* Has the table a row with a number in each of the `columns`, names parted by blanks? */
bool csv_has_numbers(const char *folder, const char *name, const char *columns);

#endif
