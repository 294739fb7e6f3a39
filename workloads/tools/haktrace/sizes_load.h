/*
 * sizes_load.h - the sizes that a program keeps, from whatever a user has: a trace in any format,
 * or a snapshot of another tool.
 *
 *   sizes_load.c   what a file is; traces; tables of sizes
 *   heap_text.c    heap profiles as text: jemalloc's, gperftools'
 *   heap_proto.c   heap profiles of pprof, protocol buffers packed by gzip or not
 *   heap_xml.c     malloc_info: scudo's, and what glibc's tells
 *
 * The readers of snapshots return false with a message that names the file and what was expected.
 */
#ifndef WORKLOADS_HAKTRACE_SIZES_LOAD_H
#define WORKLOADS_HAKTRACE_SIZES_LOAD_H

#include "classes/sizes.h"
#include "trace/bytes.h"

typedef struct snapshot_format {
    bool (*matches)(const sink_t *file); /* there is a NUL behind it */
    bool (*read)(const sink_t *file, const char *path, sizes_t *out, trace_error_t *error);
} snapshot_format_t;

extern const snapshot_format_t snapshot_jemalloc, snapshot_gperftools, snapshot_pprof,
    snapshot_malloc_info;

/* Ends the process with a message when the file cannot be read. `at_peak`: of a trace, what is
 * alive when most is. */
void sizes_load(const char *path, bool at_peak, sizes_t *out);

/* Ends the process also where it is a snapshot; `option` is what asked for a trace. */
void sizes_load_trace(const char *path, const char *option, trace_t *out);

static inline bool sink_starts(const sink_t *file, const char *text) {
    return file->used >= strlen(text) && memcmp(file->bytes, text, strlen(text)) == 0;
}

#endif
