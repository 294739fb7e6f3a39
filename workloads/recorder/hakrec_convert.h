/*
 * hakrec_convert.h - from a raw file of the recorder to a trace.
 */
#ifndef WORKLOADS_HAKREC_CONVERT_H
#define WORKLOADS_HAKREC_CONVERT_H

#include "trace/trace.h"

/* false and a message that names the file when it is no raw file or holds no event. */
bool convert_raw(const char *raw_path, trace_t *out, trace_error_t *error);

#endif
