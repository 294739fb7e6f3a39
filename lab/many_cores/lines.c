/* lines.c - see lines.h. */
#include "lines.h"

#include <string.h>

#include "die.h"

#include <stdlib.h>

enum { BUCKETS = 1 << 18, CHUNK_LINES = 4096 };

typedef struct chunk {
    struct chunk *next;
    line_t lines[CHUNK_LINES];
} chunk_t;

static line_t *buckets[BUCKETS];
static chunk_t *chunks;
static unsigned in_chunk = CHUNK_LINES;

static line_t *make(uintptr_t number) {
    if (in_chunk == CHUNK_LINES) {
        chunk_t *chunk = malloc(sizeof(*chunk));
        if (chunk == NULL) {
            die("no memory for the model of caches");
        }
        chunk->next = chunks;
        chunks = chunk;
        in_chunk = 0;
    }
    line_t *line = &chunks->lines[in_chunk++];
    *line = (line_t){.number = number, .writer = -1};
    return line;
}

line_t *line_of(uintptr_t address) {
    uintptr_t number = address / LINE_BYTES;
    line_t **bucket = &buckets[number * 0x9E3779B97F4A7C15u >> 46];
    line_t *line = *bucket;
    while (line != NULL && line->number != number) {
        line = line->next;
    }
    if (line == NULL) {
        line = make(number);
        line->next = *bucket;
        *bucket = line;
    }
    return line;
}

static bool has(const line_t *line, unsigned core) {
    return (line->readers[core / 64] >> (core % 64) & 1) != 0;
}

static bool others_have(const line_t *line, unsigned core) {
    for (unsigned word = 0; word < CORES_MOST / 64; word++) {
        uint64_t own = word == core / 64 ? (uint64_t)1 << (core % 64) : 0;
        if ((line->readers[word] & ~own) != 0) {
            return true;
        }
    }
    return false;
}

line_source_t line_source(const line_t *line, unsigned core, bool writes) {
    bool shared = others_have(line, core);
    if (has(line, core) && (!writes || !shared)) {
        return LINE_OWN;
    }
    if (!shared) {
        return LINE_NEW;
    }
    return writes || line->writer >= 0 ? LINE_TRANSFER : LINE_SHARED;
}

line_source_t line_take(line_t *line, unsigned core, bool writes) {
    line_source_t source = line_source(line, core, writes);
    if (writes) {
        memset(line->readers, 0, sizeof(line->readers));
        line->writer = (int16_t)core;
    } else if (line->writer != (int16_t)core) {
        line->writer = -1;
    }
    line->readers[core / 64] |= (uint64_t)1 << (core % 64);
    return source;
}

void lines_forget(void) {
    while (chunks != NULL) {
        chunk_t *chunk = chunks;
        chunks = chunk->next;
        free(chunk);
    }
    in_chunk = CHUNK_LINES;
    memset(buckets, 0, sizeof(buckets));
}
