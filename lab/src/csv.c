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
    csv_put(file, interval.lo, ",");
    csv_put(file, interval.hi, ",");
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
