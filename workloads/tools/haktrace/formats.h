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

#endif
