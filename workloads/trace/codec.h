/*
 * codec.h - between a trace in memory and the bytes of the uncompressed format (FORMAT.md).
 */
#ifndef WORKLOADS_TRACE_CODEC_H
#define WORKLOADS_TRACE_CODEC_H

#include "trace/bytes.h"
#include "trace/trace.h"

void codec_encode(const trace_t *trace, sink_t *out);

/* `what` names the input in messages. */
bool codec_decode(const unsigned char *bytes, size_t count, const char *what, trace_t *out,
                  trace_error_t *error);

extern const char codec_magic[8];

#endif
