/*
 * source.h - the bytes that a run of the model is made of: those of an input, or as many as wanted
 * from a seed. The same bytes are the same operations.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include "test.h"

#include <stdbool.h>

typedef struct source {
    const uint8_t *at, *end; /* an input; at == NULL: from the seed */
    uint64_t seed_state, word;
    unsigned left;                /* bytes in `word` */
    uint8_t *record, *record_end; /* where the bytes of a seed are written to, or NULL */
} source_t;

static inline source_t source_of_bytes(const uint8_t *data, size_t bytes) {
    return (source_t){.at = data, .end = data + bytes};
}

static inline source_t source_of_seed(uint64_t seed) {
    source_t source = {.seed_state = seed * 0x9E3779B97F4A7C15ULL + 1};
    source.seed_state += source.seed_state == 0;
    test_random(&source.seed_state);
    return source;
}

static inline bool source_is_empty(const source_t *source) {
    return source->at != NULL && source->at == source->end;
}

/* 0 once an input is at its end. */
static inline uint8_t source_byte(source_t *source) {
    if (source->at != NULL) {
        return source->at < source->end ? *source->at++ : 0;
    }
    if (source->left == 0) {
        source->word = test_random(&source->seed_state);
        source->left = 8;
    }
    uint8_t byte = (uint8_t)source->word;
    source->word >>= 8;
    source->left--;
    if (source->record < source->record_end) {
        *source->record++ = byte;
    }
    return byte;
}

static inline unsigned source_short(source_t *source) {
    unsigned high = source_byte(source);
    return high << 8 | source_byte(source);
}

#endif
