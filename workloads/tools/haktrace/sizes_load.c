/*
 * sizes_load.c - see sizes_load.h.
 */
#include "sizes_load.h"

#include "formats.h"
#include "lines.h"

#include "shared/die.h"
#include "trace/file.h"

#include <math.h>
#include <stdlib.h>

/* ---- a table: size, rate, live count ---- */

static bool table_matches(const sink_t *file) {
    const char *text = (const char *)file->bytes;
    char *end;
    strtod(text, &end);
    return end != text && *(end + strspn(end, " \t")) == ',';
}

static bool read_row(const char *line, double *row) {
    for (unsigned i = 0; i < 3; i++) {
        char *end;
        row[i] = strtod(line, &end);
        if (end == line || !isfinite(row[i]) || row[i] < 0)
            return false;
        line = end + strspn(end, " \t\r");
        if (i < 2 && *line++ != ',')
            return false;
    }
    return *line == '\0' && row[0] <= (double)(UINT64_C(1) << 48);
}

static bool table_read(const sink_t *file, const char *path, sizes_t *out, trace_error_t *error) {
    lines_t lines;
    bool good = true;
    lines_open(&lines, file, path);
    while (good && lines_next(&lines)) {
        double row[3];
        good = read_row(lines.text, row) || lines_fault(&lines, "size, rate, live count", error);
        if (good && row[2] > 0)
            sizes_add(out, (uint64_t)row[0], row[2]);
    }
    lines_close(&lines);
    return good;
}

static const snapshot_format_t snapshot_table = {table_matches, table_read};

/* ---- any ---- */

static const snapshot_format_t *format_of(const sink_t *file) {
    static const snapshot_format_t *const formats[] = {&snapshot_jemalloc, &snapshot_gperftools,
                                                       &snapshot_malloc_info, &snapshot_table,
                                                       &snapshot_pprof};
    for (unsigned i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (formats[i]->matches(file))
            return formats[i];
    }
    return NULL;
}

static void load_trace(const char *path, bool at_peak, sizes_t *out) {
    trace_t trace;
    formats_load(path, &trace);
    (at_peak ? sizes_of_peak : sizes_of_trace)(&trace, out);
    trace_unload(&trace);
}

static const snapshot_format_t *read_file(const char *path, sink_t *out) {
    trace_error_t error = {.text = ""};
    if (!trace_file_read(path, out, &error))
        die("%s", error.text);
    sink_byte(out, '\0');
    out->used--;
    return format_of(out);
}

static void check_alive(const char *path, bool has_any) {
    if (!has_any)
        die("%s: no block in it is alive, so there is nothing to choose sizes for", path);
}

void sizes_load_trace(const char *path, const char *option, trace_t *out) {
    sink_t file;
    if (read_file(path, &file) != NULL)
        die("%s: %s is for traces, and this is one moment only", path, option);
    sink_close(&file);
    formats_load(path, out);
    check_alive(path, out->block_count > 0);
}

void sizes_load(const char *path, bool at_peak, sizes_t *out) {
    trace_error_t error = {.text = ""};
    sink_t file;
    const snapshot_format_t *format = read_file(path, &file);
    if (format == NULL) {
        load_trace(path, at_peak, out);
    } else if (at_peak) {
        die("%s: --peak is for traces, and this is one moment already", path);
    } else {
        sizes_open(out, SIZES_SNAPSHOT, 1);
        if (!format->read(&file, path, out, &error))
            die("%s", error.text);
        sizes_settle(out);
    }
    sink_close(&file);
    check_alive(path, out->count > 0);
}
