/*
 * hakrec_convert.h - from what the recorder wrote to a trace.
 */
#ifndef WORKLOADS_HAKREC_CONVERT_H
#define WORKLOADS_HAKREC_CONVERT_H

#include "trace/trace.h"

/* At most the first `max_events` events. False and a message that names the file, when it is no
 * raw file or holds no events. */
bool convert_raw(const char *raw_path, uint64_t max_events, trace_t *out, trace_error_t *error);

/* What the raw file tells of the process besides its events. */
typedef struct raw_facts {
    int process;
    unsigned programs_before; /* that it was, one by exec after another */
    unsigned children;        /* programs started by children that are not recorded */
    char became[4096];        /* by exec, with no record of what came then: the program; else "" */
} raw_facts_t;

/* All zero when it is no raw file. */
void convert_read_facts(const char *raw_path, raw_facts_t *out);

#endif
