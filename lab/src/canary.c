/*
 * canary.c - see canary.h.
 */
#include "canary.h"

#include "file.h"
#include "text.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <stdint.h>
#include <stdlib.h>

enum { LINE_BYTES = 64, LINES = CANARY_CACHE_BYTES / LINE_BYTES };

double canary_ns(void) {
    volatile uint64_t out;
    uint64_t x = 1, start = clock_now_ns();
    for (int i = 0; i < 1000000; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
    }
    out = x;
    (void)out;
    return (double)(clock_now_ns() - start);
}

typedef struct line {
    _Alignas(LINE_BYTES) uint32_t next;
} line_t;

/* One ring through all lines. */
static line_t *new_chain(void) {
    line_t *lines = aligned_alloc(LINE_BYTES, CANARY_CACHE_BYTES);
    uint32_t *order = text_alloc(LINES * sizeof *order);
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    for (uint32_t i = 0; i < LINES; i++) {
        order[i] = i;
    }
    gsl_ran_shuffle(rng, order, LINES, sizeof *order);
    for (uint32_t i = 0; lines && i < LINES; i++) {
        lines[order[i]].next = order[(i + 1) % LINES];
    }
    gsl_rng_free(rng);
    free(order);
    return lines;
}

static uint32_t follow(const line_t *lines) {
    uint32_t at = 0;
    for (uint32_t i = 0; i < LINES; i++) {
        at = lines[at].next;
    }
    return at;
}

double canary_cache_ns(void) {
    static line_t *lines;
    volatile uint32_t out;
    lines = lines ? lines : new_chain();
    if (!lines) {
        return 0;
    }
    out = follow(lines);
    uint64_t start = clock_now_ns();
    out = follow(lines);
    (void)out;
    return (double)(clock_now_ns() - start) / LINES;
}
