/*
 * csv.c - cells and their quoting. See csv.h.
 */
#include "csv.h"

#include "file.h"
#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static char *path_of(const char *folder, const char *name) {
    return text_format("%s/derived/%s.csv", folder, name);
}

FILE *csv_open(const char *folder, const char *name, const char *header) {
    FILE *file = file_create(path_of(folder, name));
    fprintf(file, "%s\n", header);
    return file;
}

void csv_close(FILE *file) {
    file_finish(file, "the derived data");
}

/* Ends a cell with a comma; gnuplot and awk both read NaN as "no value". */
void csv_put(FILE *file, double value, const char *end) {
    if (isnan(value)) {
        fprintf(file, "NaN%s", end);
    } else {
        fprintf(file, "%.9g%s", value, end);
    }
}

void csv_put_interval(FILE *file, interval_t interval) {
    csv_put(file, interval.mid, ",");
    bool alone = interval.pairs == 1; /* it has no interval: a point, for figures */
    csv_put(file, alone ? interval.mid : interval.lo, ",");
    csv_put(file, alone ? interval.mid : interval.hi, ",");
    fprintf(file, "%zu,", interval.pairs);
}

void csv_put_all(FILE *file, const double *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        csv_put(file, values[i], ",");
    }
}

/* RFC 4180: a cell in quotes, inner quotes doubled. */
void csv_put_text(FILE *file, const char *text, const char *end) {
    fputc('"', file);
    for (; *text; text++) {
        if (*text == '"') {
            fputc('"', file);
        }
        fputc(*text, file);
    }
    fprintf(file, "\"%s", end);
}

/* ---- reading ---- */

/* Cuts the next cell off *at, in place; *end is what followed it: ',', '\n' or '\0'. */
static char *take_cell(char **at, char *end) {
    char *from = *at, *to = from, *cell = from;
    bool quoted = *from == '"';
    for (from += quoted; *from && (quoted || (*from != ',' && *from != '\n')); from++) {
        if (quoted && *from == '"' && *++from != '"') {
            break; /* what follows the closing one is the end of the cell */
        }
        *to++ = *from;
    }
    *end = *from;
    *at = *from ? from + 1 : from;
    *to = '\0';
    return cell;
}

bool csv_load(const char *folder, const char *name, csv_t *out) {
    *out = (csv_t){.path = path_of(folder, name)};
    char *at = out->text = file_read(out->path), end;
    size_t count = 0;
    while (at && *at) {
        out->cells = text_grow(out->cells, count, sizeof *out->cells);
        out->cells[count++] = take_cell(&at, &end);
        out->columns = out->columns || end == ',' ? out->columns : count;
        if (end != ',' && count % out->columns != 0) {
            fail("%s: line %zu has not as many cells as the header", out->path,
                 count / out->columns + 1);
        }
    }
    out->rows = count ? count / out->columns - 1 : 0;
    return count > 0;
}

void csv_free(csv_t *table) {
    free(table->cells);
    free(table->text);
    free(table->path);
}

const char *csv_text(const csv_t *table, size_t row, const char *column) {
    for (size_t i = 0; i < table->columns; i++) {
        if (strcmp(table->cells[i], column) == 0) {
            return table->cells[(row + 1) * table->columns + i];
        }
    }
    return NULL;
}

double csv_number(const csv_t *table, size_t row, const char *column) {
    const char *cell = csv_text(table, row, column);
    char *end;
    double value = cell ? strtod(cell, &end) : (double)NAN;
    return cell && end != cell && *end == '\0' ? value : (double)NAN;
}

static bool row_has_numbers(const csv_t *table, size_t row, const char *columns) {
    char *names = text_copy(columns), *rest = names;
    bool all = true;
    for (char *name; all && (name = strsep(&rest, " "));) {
        all = isfinite(csv_number(table, row, name));
    }
    free(names);
    return all;
}

bool csv_has_numbers(const char *folder, const char *name, const char *columns) {
    csv_t table;
    bool found = false;
    csv_load(folder, name, &table);
    for (size_t row = 0; row < table.rows && !found; row++) {
        found = row_has_numbers(&table, row, columns);
    }
    csv_free(&table);
    return found;
}
