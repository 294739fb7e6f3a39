/*
 * lines.h - which core has which cache line. Caches have no bounds and keep lines coherent: a line
 * is written by one core at a time, or read by many. So a line changes hands only where cores share
 * it.
 *
 * One simulation at a time; not thread-safe.
 */
#ifndef MANY_CORES_LINES_H
#define MANY_CORES_LINES_H

#include <stdbool.h>
#include <stdint.h>

enum { LINE_BYTES = 64, CORES_MOST = 256 };

typedef enum line_source {
    LINE_OWN,      /* the core's own cache */
    LINE_NEW,      /* memory: nobody had it */
    LINE_SHARED,   /* a cache that all read: others have it, too, and nobody wrote */
    LINE_TRANSFER, /* another core's cache: it wrote the line, or has to drop it */
} line_source_t;

typedef struct line {
    struct line *next; /* of the same bucket */
    uintptr_t number;
    double free_ns; /* when the last transfer ends: a line has one place at a time */
    int16_t writer; /* the core that wrote last; -1: others have read it since, or nobody wrote */
    uint64_t readers[CORES_MOST / 64];
} line_t;

/* The line of an address; it stays where it is until lines_forget. */
line_t *line_of(uintptr_t address);
/* Where the core would get the line from. */
line_source_t line_source(const line_t *line, unsigned core, bool writes);
/* The same, and the core has it then. */
line_source_t line_take(line_t *line, unsigned core, bool writes);
void lines_forget(void);

#endif
