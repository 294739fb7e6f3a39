/* size_sample.c - see size_sample.h. */
#include "size_sample.h"

enum { SHIFT_LEAST = 10, SHIFT_STEPS = 7, AGE_SHIFT = 3, MOST_LOOKS = 4, SEEN_WATCHES = 8 };
static_assert(SIZE_SAMPLE_LEAST == 1 << SHIFT_LEAST && SIZE_STEPS == 1 << SHIFT_STEPS, "as said");
static_assert((size_t)SIZE_SAMPLE_LEAST << SIZE_BUCKETS / SIZE_STEPS == LARGE_MAX_SIZE, "as said");

HAK_APART struct hak_size_samples hak_size_samples;
HAK_APART static hak_size_bucket_t buckets[SIZE_BUCKETS];
static uint32_t ages;

/* Relaxed, here and below: figures. */
static uint32_t get(const uint32_t *figure) {
    return __atomic_load_n(figure, __ATOMIC_RELAXED);
}

static void set(uint32_t *figure, uint32_t value) {
    __atomic_store_n(figure, value, __ATOMIC_RELAXED);
}

void size_sample_note(size_t request_bytes) {
    if (request_bytes <= SIZE_SAMPLE_LEAST || request_bytes > LARGE_MAX_SIZE) {
        return;
    }
    set(&hak_size_samples.requests, size_sample_new() + 1);
    if (request_bytes <= SIZE_SAMPLE_ROWS_MAX && !HAK_RELAXED(hak_size_samples.is_paused)) {
        size_t row = (request_bytes + HAK_ALIGNMENT - 1) / HAK_ALIGNMENT;
        __atomic_store_n(&hak_size_samples.seen[row], SEEN_WATCHES, __ATOMIC_RELAXED);
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
    for (uint8_t *row = hak_size_samples.seen; row < hak_size_samples.seen + SIZE_SAMPLE_ROWS;
         row++) {
        uint8_t left = HAK_RELAXED(*row);
        if (left != 0) {
            __atomic_store_n(row, left - 1, __ATOMIC_RELAXED);
        }
    }
    set(&hak_size_samples.requests, 0);
    __atomic_store_n(&hak_size_samples.is_paused, false, __ATOMIC_RELAXED);
}

void size_sample_pause(void) {
    __atomic_store_n(&hak_size_samples.is_paused, true, __ATOMIC_RELAXED);
}

hak_size_bucket_t size_sample_read(unsigned bucket) {
    const hak_size_bucket_t *from = &buckets[bucket];
    return (hak_size_bucket_t){get(&from->weight), get(&from->most), get(&from->most_before)};
}

void size_sample_age(void) {
    set(&hak_size_samples.requests, 0);
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
