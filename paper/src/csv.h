/*
 * csv.h - reads one table of derived/: a header row of names, then rows.
 *
 * A cell is asked for by the name of its column. What is not there (file, column, cell, or a number
 * in it) ends the program with a message that names file, line and column: the paper is not built
 * from a guess. "NaN" is a number here; whether it may stand in the paper is the caller's matter.
 */
#ifndef PAPER_CSV_H
#define PAPER_CSV_H

#include <stddef.h>

typedef struct csv {
    char *path;
    char **cells; /* (rows + 1) x columns; the first row holds the names */
    size_t columns, rows;
} csv_t;

void csv_load(const char *path, csv_t *out);
const char *csv_text(const csv_t *table, size_t row, const char *column);
double csv_number(const csv_t *table, size_t row, const char *column);
/* An empty cell is NAN. */
double csv_optional(const csv_t *table, size_t row, const char *column);

#endif
