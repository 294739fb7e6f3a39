/*
 * csv.h - the tables of derived/, as they are written and read: RFC 4180, parted by commas.
 *
 * Each put ends its cell with `end`, a comma or a newline. Failing to write ends the program, and
 * so does reading a table whose rows are not as long as its header.
 */
#ifndef LAB_CSV_H
#define LAB_CSV_H

#include "stats.h"

#include <stdbool.h>
#include <stdio.h>

FILE *csv_open(const char *folder, const char *name, const char *header); /* derived/<name>.csv */
void csv_close(FILE *file);

void csv_put(FILE *file, double value, const char *end); /* NaN where there is none */
/* Several, each with a comma. */
#define CSV_PUT(file, ...)                                                                         \
    csv_put_all((file), (const double[]){__VA_ARGS__},                                             \
                sizeof(const double[]){__VA_ARGS__} / sizeof(double))
void csv_put_all(FILE *file, const double *values, size_t count);
void csv_put_text(FILE *file, const char *text, const char *end);
void csv_put_interval(FILE *file, interval_t interval); /* mid, lo, hi, pairs, each with a comma */

typedef struct csv {
    char *path, *text;
    char **cells; /* (rows + 1) x columns; the first row holds the names */
    size_t columns, rows;
} csv_t;

bool csv_load(const char *folder, const char *name, csv_t *out); /* false: no such table */
void csv_free(csv_t *table);
const char *csv_text(const csv_t *table, size_t row, const char *column); /* NULL: no column */
double csv_number(const csv_t *table, size_t row, const char *column);    /* NAN: there is none */

/* Has the table a row with a number in each of the `columns`, names parted by blanks? */
bool csv_has_numbers(const char *folder, const char *name, const char *columns);

#endif
