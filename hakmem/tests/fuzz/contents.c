/* contents.c - see contents.h. */
#include "contents.h"

#include <string.h>

enum { END_WORDS = 8, PLACES = 20, WHOLE_OF = 32 };
#define SMALL_BYTES      ((size_t)512)
#define MOST_WHOLE_BYTES ((size_t)1 << 20)

static uint64_t pattern(uint64_t serial, size_t word) {
    return serial ^ (word + 1) * 0x9E3779B97F4A7C15ULL;
}

/* The place after `word`: the next one, or one further on where the block is only sampled. */
static size_t step_from(size_t word, size_t words, uint64_t serial) {
    bool whole =
        words * 8 <= SMALL_BYTES || (serial % WHOLE_OF == 0 && words * 8 <= MOST_WHOLE_BYTES);
    if (whole || word < END_WORDS || word + END_WORDS >= words) {
        return 1;
    }
    size_t step = words / PLACES | 1, to_end = words - END_WORDS - word;
    return step < to_end ? step : to_end;
}

void contents_write(unsigned char *block, size_t bytes, uint64_t serial) {
    size_t words = bytes / 8;
    for (size_t word = 0; word < words; word += step_from(word, words, serial)) {
        ((uint64_t *)(void *)block)[word] = pattern(serial, word);
    }
}

size_t contents_compare(const unsigned char *block, size_t bytes, size_t upto, uint64_t serial) {
    const uint64_t *at = (const void *)block;
    size_t words = bytes / 8, whole = upto / 8;
    size_t word = 0;
    for (; word < whole; word += step_from(word, words, serial)) {
        if (at[word] != pattern(serial, word)) {
            return word * 8;
        }
    }
    uint64_t last = pattern(serial, word);
    bool has_rest = word == whole && word < words && upto % 8 != 0;
    return has_rest && memcmp(at + word, &last, upto % 8) != 0 ? word * 8 : upto;
}

bool contents_are_zero(const unsigned char *block, size_t bytes) {
    return bytes == 0 || (block[0] == 0 && memcmp(block, block + 1, bytes - 1) == 0);
}
