/*
 * csv.c - cells and their quoting. See csv.h.
 */
#include "csv.h"

#include "text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

FILE *csv_open(const char *folder, const char *name, const char *header) {
    char *path = text_format("%s/derived/%s.csv", folder, name);
    FILE *file = fopen(path, "we");
    if (!file) {
        fail("cannot write %s: %s", path, strerror(errno));
    }
    fprintf(file, "%s\n", header);
    free(path);
    return file;
}

void csv_close(FILE *file) {
    if (fflush(file) != 0 || ferror(file) || fclose(file) != 0) {
        fail("cannot write the derived data: %s", strerror(errno));
    }
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

/* Cuts the first cell off `*rest`; NULL: there is none. The text of one in quotes keeps them. */
static char *take_cell(char **rest) {
    char *cell = *rest, *end = cell;
    if (!cell) {
        return NULL;
    }
    for (bool quoted = false; *end && *end != '\n' && (quoted || *end != ','); end++) {
        quoted ^= *end == '"'; /* a doubled one changes it twice */
    }
    *rest = *end == ',' ? end + 1 : NULL;
    *end = '\0';
    return cell;
}

static bool names(const char *columns, const char *name) {
    char *words = text_format(" %s ", columns), *word = text_format(" %s ", name);
    bool found = strstr(words, word) != NULL;
    free(words);
    free(word);
    return found;
}

static bool is_number(const char *cell) {
    char *end;
    double value = strtod(cell, &end);
    return end != cell && *end == '\0' && isfinite(value);
}

bool csv_has_numbers(const char *folder, const char *name, const char *columns) {
    enum { COLUMNS_MOST = 128 };
    bool wanted[COLUMNS_MOST] = {false}, found = false;
    char *line = NULL;
    size_t room = 0, wanted_count = 0;
    FILE *file = file_open_if_there(text_format("%s/derived/%s.csv", folder, name));
    for (size_t row = 0; file && !found && getline(&line, &room, file) > 0; row++) {
        char *rest = line;
        size_t numbers = 0, place = 0;
        for (char *cell; place < COLUMNS_MOST && (cell = take_cell(&rest)); place++) {
            if (row == 0) {
                wanted[place] = names(columns, cell);
                wanted_count += wanted[place];
            } else {
                numbers += wanted[place] && is_number(cell);
            }
        }
        found = row > 0 && wanted_count > 0 && numbers == wanted_count;
    }
    free(line);
    if (file) {
        fclose(file);
    }
    return found;
}
