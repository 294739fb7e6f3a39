/*
 * bytes.h - little-endian numbers and varints in growing and bounded buffers.
 *
 * Inside the trace format only. A sink grows in the arena; a source is a bounded view that
 * remembers when it was read beyond its end, so that a decoder may check once after many reads.
 */
#ifndef WORKLOADS_TRACE_BYTES_H
#define WORKLOADS_TRACE_BYTES_H

#include "common/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef struct sink {
    unsigned char *bytes;
    size_t used, room;
} sink_t;

enum { SINK_ROOM = 1 << 16 };

static inline void sink_open(sink_t *sink) {
    *sink = (sink_t){.bytes = arena_alloc(SINK_ROOM, 1), .room = SINK_ROOM};
}

static inline void sink_close(sink_t *sink) {
    arena_free(sink->bytes, sink->room, 1);
    *sink = (sink_t){.bytes = NULL};
}

static inline void sink_reserve(sink_t *sink, size_t more) {
    size_t room = sink->room;
    while (room - sink->used < more)
        room *= 2;
    if (room != sink->room)
        sink->bytes = arena_grow(sink->bytes, sink->room, room, 1);
    sink->room = room;
}

static inline void sink_add(sink_t *sink, const void *bytes, size_t count) {
    sink_reserve(sink, count);
    memcpy(sink->bytes + sink->used, bytes, count);
    sink->used += count;
}

static inline void sink_byte(sink_t *sink, unsigned char byte) {
    sink_add(sink, &byte, 1);
}

static inline void sink_fixed(sink_t *sink, uint64_t value, unsigned width) {
    for (unsigned i = 0; i < width; i++)
        sink_byte(sink, (unsigned char)(value >> (8 * i)));
}

/* LEB128: seven bits a byte, lowest first, the top bit says that more follow. */
static inline void sink_varint(sink_t *sink, uint64_t value) {
    for (; value >= 0x80; value >>= 7)
        sink_byte(sink, (unsigned char)(value | 0x80));
    sink_byte(sink, (unsigned char)value);
}

typedef struct source {
    const unsigned char *at, *end;
    bool overrun; /* a read went beyond the end, or a number was malformed */
} source_t;

static inline size_t source_left(const source_t *source) {
    return (size_t)(source->end - source->at);
}

/* NULL and overrun when there are not `count` bytes left. */
static inline const unsigned char *source_take(source_t *source, size_t count) {
    if (source->overrun || source_left(source) < count) {
        source->overrun = true;
        return NULL;
    }
    source->at += count;
    return source->at - count;
}

static inline uint64_t source_fixed(source_t *source, unsigned width) {
    const unsigned char *bytes = source_take(source, width);
    uint64_t value = 0;
    for (unsigned i = 0; bytes != NULL && i < width; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

static inline uint64_t source_varint(source_t *source) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const unsigned char *byte = source_take(source, 1);
        if (byte == NULL)
            return 0;
        value |= (uint64_t)(*byte & 0x7f) << shift;
        if ((*byte & 0x80) == 0) {
            /* The tenth byte holds one bit. */
            source->overrun |= shift == 63 && *byte > 1;
            return value;
        }
    }
    source->overrun = true;
    return 0;
}

#endif
