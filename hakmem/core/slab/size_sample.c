/* size_sample.c - see size_sample.h. */
#include "size_sample.h"

enum { SHIFT_LEAST = 10, SHIFT_STEPS = 7, AGE_SHIFT = 3, MOST_LOOKS = 4, SEEN_WATCHES = 8 };
static_assert(SIZE_SAMPLE_LEAST == 1 << SHIFT_LEAST && SIZE_STEPS == 1 << SHIFT_STEPS, "as said");
static_assert((size_t)SIZE_SAMPLE_LEAST << SIZE_BUCKETS / SIZE_STEPS == LARGE_MAX_SIZE, "as said");

HAK_APART struct hak_size_samples hak_size_samples;
HAK_APART static hak_size_bucket_t buckets[SIZE_BUCKETS];
/* A bit for each bucket that holds anything: most programs use few, and all looks go by these. */
HAK_APART static uint64_t used[SIZE_BUCKETS / 64];
HAK_APART static uint32_t asked_blocks[HAK_CLASS_COUNT];
static uint32_t ages;

/* Relaxed, here and below: figures. */
static uint32_t get(const uint32_t *figure) {
    return __atomic_load_n(figure, __ATOMIC_RELAXED);
}

static void set(uint32_t *figure, uint32_t value) {
    __atomic_store_n(figure, value, __ATOMIC_RELAXED);
}

static void mark_used(unsigned at) {
    __atomic_fetch_or(&used[at / 64], (uint64_t)1 << at % 64, __ATOMIC_ACQ_REL);
}

/* Who notes a first request writes its weight and then the bit; here it is the other way round. So
 * one of the two sees what the other did, and the bit is set in the end. */
static void mark_empty(unsigned at) {
    __atomic_fetch_and(&used[at / 64], ~((uint64_t)1 << at % 64), __ATOMIC_ACQ_REL);
    if (get(&buckets[at].weight) != 0) {
        mark_used(at);
    }
}

unsigned size_sample_next(unsigned from) {
    for (unsigned word = from / 64; word < SIZE_BUCKETS / 64; word++) {
        uint64_t left = __atomic_load_n(&used[word], __ATOMIC_RELAXED);
        left &= word == from / 64 ? ~(uint64_t)0 << from % 64 : ~(uint64_t)0;
        if (left != 0) {
            return word * 64 + (unsigned)__builtin_ctzl(left);
        }
    }
    return SIZE_BUCKETS;
}

void size_sample_note(size_t request_bytes) {
    if (request_bytes <= SIZE_SAMPLE_LEAST || request_bytes > LARGE_MAX_SIZE) {
        return;
    }
    set(&hak_size_samples.requests, size_sample_new() + 1);
    if (request_bytes <= SIZE_SAMPLE_ROWS_MAX) {
        size_t row = (request_bytes + HAK_ALIGNMENT - 1) / HAK_ALIGNMENT;
        bool is_new = HAK_RELAXED(hak_size_samples.is_paused);
        __atomic_store_n(&hak_size_samples.seen[row],
                         SEEN_WATCHES | (is_new ? SIZE_SAMPLE_IS_NEW : 0), __ATOMIC_RELAXED);
    }
    size_t last = request_bytes - 1;
    unsigned top = 63 - (unsigned)__builtin_clzl(last);
    unsigned step = (unsigned)(last >> (top - SHIFT_STEPS)) % SIZE_STEPS;
    unsigned at = (top - SHIFT_LEAST) * SIZE_STEPS + step;
    hak_size_bucket_t *bucket = &buckets[at];
    uint32_t weight = get(&bucket->weight);
    if (weight < UINT32_MAX - SIZE_SAMPLE_ONE) {
        set(&bucket->weight, weight + SIZE_SAMPLE_ONE);
    }
    if (request_bytes > get(&bucket->most)) {
        set(&bucket->most, (uint32_t)request_bytes);
    }
    if (HAK_UNLIKELY(weight == 0)) {
        mark_used(at);
    }
}

/* Of eight rows at a time: samples that come meanwhile may be lost. */
void size_sample_watch(void) {
    const uint64_t ones = UINT64_MAX / UINT8_MAX;
    for (size_t row = 0; row < SIZE_SAMPLE_ROWS; row += SIZE_SAMPLE_GROUP) {
        uint64_t group = HAK_RELAXED(*size_sample_group(row));
        if (group != 0) {
            group &= ones * (SIZE_SAMPLE_IS_NEW - 1);
            uint64_t is_seen =
                (group + ones * (SIZE_SAMPLE_IS_NEW - 1)) / SIZE_SAMPLE_IS_NEW & ones;
            __atomic_store_n(size_sample_group(row), group - is_seen, __ATOMIC_RELAXED);
        }
    }
    set(&hak_size_samples.requests, 0);
    __atomic_store_n(&hak_size_samples.is_paused, false, __ATOMIC_RELAXED);
    __atomic_store_n(&hak_size_samples.is_on, true, __ATOMIC_RELAXED);
}

void size_sample_pause(void) {
    const uint64_t olds = UINT64_MAX / UINT8_MAX * (SIZE_SAMPLE_IS_NEW - 1);
    for (size_t row = 0; row < SIZE_SAMPLE_ROWS; row += SIZE_SAMPLE_GROUP) {
        uint64_t group = HAK_RELAXED(*size_sample_group(row));
        if ((group & ~olds) != 0) {
            __atomic_store_n(size_sample_group(row), group & olds, __ATOMIC_RELAXED);
        }
    }
    __atomic_store_n(&hak_size_samples.is_paused, true, __ATOMIC_RELAXED);
}

void size_sample_ask_growth(unsigned class_id, uint32_t blocks) {
    set(&asked_blocks[class_id], blocks);
}

/* If nobody looks it is asked again when it has grown by a quarter more. */
void size_sample_grown(unsigned class_id, size_t blocks) {
    uint32_t asked = get(&asked_blocks[class_id]);
    if (HAK_UNLIKELY(asked != 0 && blocks >= asked)) {
        set(&asked_blocks[class_id], (uint32_t)(blocks + blocks / 4 + 1));
        __atomic_store_n(&hak_size_samples.has_grown, true, __ATOMIC_RELAXED);
    }
}

hak_size_bucket_t size_sample_read(unsigned bucket) {
    const hak_size_bucket_t *from = &buckets[bucket];
    return (hak_size_bucket_t){get(&from->weight), get(&from->most), get(&from->most_before)};
}

void size_sample_age(void) {
    set(&hak_size_samples.requests, 0);
    bool turns = ++ages % MOST_LOOKS == 0;
    unsigned at = size_sample_next(0);
    for (; at < SIZE_BUCKETS; at = size_sample_next(at + 1)) {
        hak_size_bucket_t *bucket = &buckets[at];
        uint32_t weight = get(&bucket->weight);
        if (weight != 0) {
            set(&bucket->weight, weight - (weight >> AGE_SHIFT) - 1);
        }
        if (turns && (get(&bucket->most) | bucket->most_before) != 0) {
            set(&bucket->most_before, get(&bucket->most));
            set(&bucket->most, 0);
        }
        if ((get(&bucket->weight) | get(&bucket->most) | bucket->most_before) == 0) {
            mark_empty(at);
        }
    }
}
