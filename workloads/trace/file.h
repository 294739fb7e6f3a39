/*
 * file.h - whole files in memory, unpacked when they are packed by zstd.
 */
#ifndef WORKLOADS_TRACE_FILE_H
#define WORKLOADS_TRACE_FILE_H

#include "trace/bytes.h"
#include "trace/trace.h"

/* To be closed by sink_close; false and a message when it cannot be read. */
bool trace_file_read(const char *path, sink_t *out, trace_error_t *error);

#endif
