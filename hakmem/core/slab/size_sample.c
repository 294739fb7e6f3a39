/* size_sample.c - see size_sample.h. */
#include "size_sample.h"

enum { SHIFT_LEAST = 10, SHIFT_STEPS = 7, AGE_SHIFT = 3, MOST_LOOKS = 4, SEEN_WATCHES = 8 };
static_assert(SIZE_SAMPLE_LEAST == 1 << SHIFT_LEAST && SIZE_STEPS == 1 << SHIFT_STEPS, "as said");
static_assert((size_t)SIZE_SAMPLE_LEAST << SIZE_BUCKETS / SIZE_STEPS == LARGE_MAX_SIZE, "as said");

bool hak_size_sampling;
HAK_APART static hak_size_bucket_t buckets[SIZE_BUCKETS];
HAK_APART static uint8_t seen[SIZE_SAMPLE_ROWS]; /* so many watches more */
static uint32_t new_samples, ages, is_watching = 1;

/* Relaxed, here and below: figures. */
static uint32_t get(const uint32_t *figure) {
    return __atomic_load_n(figure, __ATOMIC_RELAXED);
}

static void set(uint32_t *figure, uint32_t value) {
    __atomic_store_n(figure, value, __ATOMIC_RELAXED);
}

/* Does the request count? */
static bool note_row(size_t request_bytes) {
    if (request_bytes > SIZE_SAMPLE_ROWS_MAX) {
        return true;
    }
    uint8_t *row = &seen[(request_bytes + HAK_ALIGNMENT - 1) / HAK_ALIGNMENT];
    if (get(&is_watching) == 0) {
        return HAK_RELAXED(*row) == 0;
    }
    __atomic_store_n(row, SEEN_WATCHES, __ATOMIC_RELAXED);
    return true;
}

void size_sample(size_t request_bytes) {
    if (request_bytes <= SIZE_SAMPLE_LEAST || request_bytes > LARGE_MAX_SIZE) {
        return;
    }
    set(&new_samples, get(&new_samples) + 1);
    if (!note_row(request_bytes)) {
        return;
    }
    size_t last = request_bytes - 1;
    unsigned top = 63 - (unsigned)__builtin_clzl(last);
    unsigned step = (unsigned)(last >> (top - SHIFT_STEPS)) % SIZE_STEPS;
    hak_size_bucket_t *bucket = &buckets[(top - SHIFT_LEAST) * SIZE_STEPS + step];
    uint32_t weight = get(&bucket->weight);
    if (weight < UINT32_MAX - SIZE_SAMPLE_ONE) {
        set(&bucket->weight, weight + SIZE_SAMPLE_ONE);
    }
    if (request_bytes > get(&bucket->most)) {
        set(&bucket->most, (uint32_t)request_bytes);
    }
}

void size_sample_watch(void) {
    for (uint8_t *row = seen; row < seen + SIZE_SAMPLE_ROWS; row++) {
        uint8_t left = HAK_RELAXED(*row);
        if (left != 0) {
            __atomic_store_n(row, left - 1, __ATOMIC_RELAXED);
        }
    }
    set(&new_samples, 0);
    set(&is_watching, 1);
}

void size_sample_pause(void) {
    set(&is_watching, 0);
}

const uint8_t *size_sample_seen(void) {
    return seen;
}

uint32_t size_sample_new(void) {
    return get(&new_samples);
}

hak_size_bucket_t size_sample_read(unsigned bucket) {
    const hak_size_bucket_t *from = &buckets[bucket];
    return (hak_size_bucket_t){get(&from->weight), get(&from->most), get(&from->most_before)};
}

void size_sample_age(void) {
    set(&new_samples, 0);
    bool turns = ++ages % MOST_LOOKS == 0;
    for (hak_size_bucket_t *bucket = buckets; bucket < buckets + SIZE_BUCKETS; bucket++) {
        uint32_t weight = get(&bucket->weight);
        if (weight != 0) {
            set(&bucket->weight, weight - (weight >> AGE_SHIFT) - 1);
        }
        if (turns && (get(&bucket->most) | bucket->most_before) != 0) {
            set(&bucket->most_before, get(&bucket->most));
            set(&bucket->most, 0);
        }
    }
}
