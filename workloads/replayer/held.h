/*
 * held.h - what the allocator holds when most bytes of a trace are alive, and what it held before
 * the first of them: by the interface that it offers (memory.h), and of hakmem also the parts that
 * its statistics tell.
 */
#ifndef WORKLOADS_REPLAYER_HELD_H
#define WORKLOADS_REPLAYER_HELD_H

#include "common/memory.h"

typedef enum held_point { HELD_BASE, HELD_PEAK, HELD_POINTS } held_point_t;

enum { HELD_TEXT_BYTES = 4096 };

typedef struct held {
    const char *source; /* the interface; NULL: none is known */
    memory_inside_t inside[HELD_POINTS];
    uint64_t live_page_bytes; /* at the peak: of pages with a byte of a live block (live_pages.h) */
    char statistics[HELD_POINTS][HELD_TEXT_BYTES]; /* a JSON object; "": it is not hakmem */
} held_t;

/* By the main thread, while the others wait. Allocates nothing. */
void held_note(held_t *held, held_point_t point);

/* A member of a JSON object, with a comma before it; and lines for a person. */
void held_write(const held_t *held, buffer_t *json, buffer_t *text);

#endif
