/*
 * hakrec_convert.h - from what the recorder wrote to a trace.
 */
#ifndef WORKLOADS_HAKREC_CONVERT_H
#define WORKLOADS_HAKREC_CONVERT_H

#include "trace/trace.h"

/* At most the first `max_events` events. False and a message that names the file, when it is no
 * raw file or holds no events. */
bool convert_raw(const char *raw_path, uint64_t max_events, trace_t *out, trace_error_t *error);

#endif
