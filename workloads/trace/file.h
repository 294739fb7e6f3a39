/*
 * file.h - whole files in memory, unpacked when they are packed by zstd.
 */
#ifndef WORKLOADS_TRACE_FILE_H
#define WORKLOADS_TRACE_FILE_H

#include "trace/bytes.h"
#include "trace/trace.h"

/* Maps a regular file of at least `least_bytes`, for munmap; false and a message when it cannot be
 * read, or is shorter, and so not `a_kind`. */
bool trace_file_map(const char *path, size_t least_bytes, const char *a_kind,
                    const unsigned char **bytes, size_t *count, trace_error_t *error);

/* To be closed by sink_close; false and a message when it cannot be read. */
bool trace_file_read(const char *path, sink_t *out, trace_error_t *error);

#endif
