/*
 * shadow.c - random work on a shared table of blocks against a model of what each must hold.
 *
 * Threads pick a slot, lock it, and take, check, resize or free its block, whoever took it: so half
 * of the frees are by another thread. Each block carries a pattern made from its serial number; a
 * block handed out twice, an overlap, a lost byte in realloc or a calloc that is not zero breaks
 * it. At the end the address ranges of all live blocks are compared as well.
 *
 * HAK_TEST_SEED and HAK_TEST_PERCENT choose the run.
 */
#include "api.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

enum { SLOTS = 1024, THREADS = 4, SAMPLE = 4096 };

typedef struct slot {
    pthread_mutex_t lock;
    unsigned char *block;
    size_t bytes;
    uint64_t serial;
} slot_t;

static slot_t slots[SLOTS];
static uint64_t seed, ops;

/* Mostly small, but each tier is met often; log-uniform within a tier. */
static size_t random_size(uint64_t *state) {
    static const struct {
        unsigned percent;
        size_t least, most;
    } tiers[] = {{50, 0, 1024},      {15, 1025, 8192},     {15, 8193, 57344},    {10, 32768, 33100},
                 {7, 57345, 400000}, {2, 400001, 2097152}, {1, 2097153, 6000000}};
    unsigned pick = (unsigned)(test_random(state) % 100), tier = 0;
    while (pick >= tiers[tier].percent) {
        pick -= tiers[tier].percent;
        tier++;
    }
    size_t span = tiers[tier].most - tiers[tier].least + 1;
    size_t within = test_random(state) % span;
    return tiers[tier].least + (test_random(state) % 2 ? within : within / 16);
}

static unsigned char pattern(uint64_t serial, size_t at) {
    return (unsigned char)(serial * 167 + at * 13 + at / 255);
}

/* Long blocks are marked at both ends and once a page: to write them whole would make the test one
 * of memory bandwidth. */
static size_t step_at(size_t at, size_t bytes) {
    bool sampled = at >= SAMPLE && at + SAMPLE < bytes;
    return sampled ? 4093 : 1;
}

static void fill(slot_t *slot, size_t from) {
    for (size_t at = from; at < slot->bytes; at += step_at(at, slot->bytes)) {
        slot->block[at] = pattern(slot->serial, at);
    }
}

/* `filled` tells which bytes were marked: those of a block of that length. */
static void verify(const slot_t *slot, size_t filled, size_t upto) {
    for (size_t at = 0; at < upto; at += step_at(at, filled)) {
        CHECK_MSG(slot->block[at] == pattern(slot->serial, at),
                  "seed %llu: byte %zu of %zu at %p is %u", (unsigned long long)seed, at, filled,
                  (void *)slot->block, slot->block[at]);
    }
}

static void expect_zero(const unsigned char *block, size_t bytes) {
    CHECK_MSG(bytes == 0 || (block[0] == 0 && memcmp(block, block + 1, bytes - 1) == 0),
              "seed %llu: calloc of %zu bytes at %p", (unsigned long long)seed, bytes,
              (const void *)block);
}

static void take(slot_t *slot, uint64_t *state) {
    slot->bytes = random_size(state);
    slot->serial = test_random(state);
    size_t alignment = 16;
    switch (test_random(state) % 8) {
    case 0:
    case 1:
        slot->block = calloc(1, slot->bytes);
        CHECK(slot->block);
        expect_zero(slot->block, slot->bytes);
        break;
    case 2:
        alignment = (size_t)16 << test_random(state) % 13;
        slot->block = aligned_alloc(alignment, slot->bytes);
        break;
    case 3: {
        void *block = NULL;
        alignment = (size_t)16 << test_random(state) % 9;
        CHECK(posix_memalign(&block, alignment, slot->bytes) == 0);
        slot->block = block;
        break;
    }
    default:
        slot->block = malloc(slot->bytes);
    }
    CHECK(slot->block);
    CHECK_MSG((uintptr_t)slot->block % alignment == 0, "%p, alignment %zu", (void *)slot->block,
              alignment);
    CHECK(malloc_usable_size(slot->block) >= slot->bytes);
    fill(slot, 0);
}

static void resize(slot_t *slot, uint64_t *state) {
    size_t before = slot->bytes;
    size_t after = test_random(state) % 4 ? before + before / 3 + 1 : random_size(state) + 1;
    after = after > 6000000 ? 6000000 : after;
    slot->block = realloc(slot->block, after);
    CHECK(slot->block);
    verify(slot, before, before < after ? before : after);
    slot->bytes = after;
    slot->serial = test_random(state);
    fill(slot, 0);
}

static void *worker(void *argument) {
    uint64_t state = seed * 1000003 + (uintptr_t)argument * 7919 + 1;
    for (uint64_t i = 0; i < ops; i++) {
        slot_t *slot = &slots[test_random(&state) % SLOTS];
        pthread_mutex_lock(&slot->lock);
        if (!slot->block) {
            take(slot, &state);
        } else {
            verify(slot, slot->bytes, slot->bytes);
            if (test_random(&state) % 4 == 0) {
                resize(slot, &state);
            } else {
                free(slot->block);
                slot->block = NULL;
            }
        }
        pthread_mutex_unlock(&slot->lock);
        if (test_random(&state) % 20000 == 0) {
            malloc_trim(0);
        }
    }
    return NULL;
}

static int by_address(const void *left, const void *right) {
    const slot_t *a = *(const slot_t *const *)left, *b = *(const slot_t *const *)right;
    return a->block < b->block ? -1 : a->block > b->block;
}

static void check_no_overlap(void) {
    static slot_t *live[SLOTS];
    size_t count = 0;
    for (size_t i = 0; i < SLOTS; i++) {
        if (slots[i].block) {
            live[count++] = &slots[i];
        }
    }
    qsort(live, count, sizeof live[0], by_address);
    for (size_t i = 1; i < count; i++) {
        CHECK_MSG(live[i - 1]->block + malloc_usable_size(live[i - 1]->block) <= live[i]->block,
                  "seed %llu: %p and %p", (unsigned long long)seed, (void *)live[i - 1]->block,
                  (void *)live[i]->block);
    }
}

int main(void) {
    seed = test_setting("HAK_TEST_SEED", 1);
    ops = test_rounds(120000);
    for (int i = 0; i < SLOTS; i++) {
        pthread_mutex_init(&slots[i].lock, NULL);
    }
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, worker, (void *)i) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    check_no_overlap();
    for (int i = 0; i < SLOTS; i++) {
        if (slots[i].block) {
            verify(&slots[i], slots[i].bytes, slots[i].bytes);
            free(slots[i].block);
        }
    }
    return 0;
}
