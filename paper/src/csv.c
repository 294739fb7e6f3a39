/*
 * csv.c - RFC 4180 with commas; quoted cells may hold commas and doubled quotes. See csv.h.
 */
#include "csv.h"

#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Cuts the next cell off *at, in place; *end is what followed it: ',', '\n' or '\0'. */
static char *next_cell(char **at, char *end) {
    char *from = *at, *to = from, *cell = from;
    if (*from == '"') {
        for (from++; *from && (*from != '"' || from[1] == '"'); from++) {
            from += *from == '"';
            *to++ = *from;
        }
        from += *from == '"';
    } else {
        while (*from && *from != ',' && *from != '\n' && *from != '\r') {
            *to++ = *from++;
        }
    }
    from += *from == '\r';
    *end = *from;
    *at = *from ? from + 1 : from;
    *to = '\0';
    return cell;
}

static size_t count_columns(const csv_t *table, size_t cells, size_t *columns, char end) {
    if (*columns == 0 && end != ',') {
        *columns = cells;
    }
    if (end != ',' && cells % *columns != 0) {
        fail("%s: line %zu has not as many cells as the header", table->path, cells / *columns + 1);
    }
    return cells;
}

void csv_load(const char *path, csv_t *out) {
    char *text = text_read(path), *at = text, end;
    if (!text) {
        fail("%s is missing: make the derived data with ./run_sweep report", path);
    }
    *out = (csv_t){.path = text_format("%s", path)};
    size_t count = 0, room = 0;
    while (*at) {
        if (count == room) {
            room = room ? 2 * room : 1024;
            out->cells = text_grow(out->cells, room * sizeof *out->cells);
        }
        out->cells[count++] = next_cell(&at, &end);
        count_columns(out, count, &out->columns, end);
    }
    if (count == 0) {
        fail("%s is empty", path);
    }
    out->rows = count / out->columns - 1;
}

const char *csv_text(const csv_t *table, size_t row, const char *column) {
    for (size_t i = 0; i < table->columns; i++) {
        if (strcmp(table->cells[i], column) == 0) {
            return table->cells[(row + 1) * table->columns + i];
        }
    }
    fail("%s has no column '%s'", table->path, column);
}

double csv_optional(const csv_t *table, size_t row, const char *column) {
    return *csv_text(table, row, column) ? csv_number(table, row, column) : (double)NAN;
}

double csv_number(const csv_t *table, size_t row, const char *column) {
    const char *text = csv_text(table, row, column);
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end) {
        fail("%s: line %zu has no number in column '%s'", table->path, row + 2, column);
    }
    return value;
}
