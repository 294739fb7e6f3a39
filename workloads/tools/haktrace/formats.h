/*
 * formats.h - the formats that `haktrace` reads and writes.
 *
 * A file is read as what its content says it is, packed by zstd or not. What is written follows
 * from the end of the name, or from --to. FORMAT.md says where each format comes from, and what
 * of a trace it cannot hold.
 */
#ifndef WORKLOADS_HAKTRACE_FORMATS_H
#define WORKLOADS_HAKTRACE_FORMATS_H

#include "trace/bytes.h"
#include "trace/trace.h"

#include <stdio.h>

typedef struct format {
    const char *name;
    const char *suffix; /* of names, with its dot */
    /* `bytes` is the whole file, unpacked, with a NUL behind it. */
    bool (*matches)(const sink_t *file);
    bool (*read)(const sink_t *file, const char *path, trace_t *out, trace_error_t *error);
    bool (*write)(const trace_t *trace, const char *path, FILE *out, trace_error_t *error);
} format_t;

extern const format_t format_csv, format_rep, format_android, format_heaptrack, format_bytehound;

/* Ends the process with a message when the file cannot be read. */
void formats_load(const char *path, trace_t *out);

/* `to`: the name of a format, or NULL. "-" is stdout. The check ends the process where saving would
 * find no format, before the work is done. */
void formats_check(const char *path, const char *to);
void formats_save(const char *path, const char *to, const trace_t *trace);

/* ---- for the formats of lines ---- */

typedef struct lines {
    const char *next, *end; /* of the file */
    const char *at;         /* in the line; it ends with '\0' */
    const char *path;
    uint64_t number; /* of the line, from 1 */
    char *text;      /* a copy of the line */
    size_t room;
} lines_t;

void lines_open(lines_t *lines, const sink_t *file, const char *path);
void lines_close(lines_t *lines);

/* The next line that is not empty; false at the end. */
bool lines_next(lines_t *lines);

/* Blanks are skipped before each. false: there is no such thing there. */
bool lines_number(lines_t *lines, int base, uint64_t *out);
bool lines_word(lines_t *lines, char *out, size_t room);
bool lines_end(lines_t *lines);

/* Sets the message: the file, the line, and what was expected there. Returns false. */
bool lines_fault(const lines_t *lines, const char *expected, trace_error_t *error);

#endif
