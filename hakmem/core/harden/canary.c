/* canary.c - see canary.h. */
#include "canary.h"

#include <string.h>

#include "../os/os.h"

#define CANARY_MOST ((size_t)256) /* beyond that an overflow has met canary, or the trailer */
#define JUNK        0xdf

static uint64_t secret;
static uint64_t draws;

/* Finaliser of splitmix64 (Steele et al., "Fast splittable pseudorandom number generators", 2014).
 */
static uint64_t mix(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

void canary_start(void) {
    secret = mix(os_random_seed());
}

uint64_t canary_random(void) {
    /* Relaxed: any order of draws will do. */
    return mix(secret + __atomic_add_fetch(&draws, 0x9e3779b97f4a7c15u, __ATOMIC_RELAXED));
}

static uint64_t mask_of(const void *block) {
    return mix(secret ^ (uintptr_t)block);
}

static uint8_t byte_of(const void *block) {
    return (uint8_t)(0x80 | mask_of(block) >> 57);
}

/* Whether all of [start, end) is `value`. */
static bool is_all(const uint8_t *start, const uint8_t *end, uint8_t value) {
    return start >= end ||
           (*start == value && memcmp(start, start + 1, (size_t)(end - start) - 1) == 0);
}

void canary_fill(void *block, size_t request_bytes, size_t end) {
    memset((uint8_t *)block + request_bytes, byte_of(block), end - request_bytes);
}

bool canary_holds(const void *block, size_t request_bytes, size_t end) {
    return is_all((const uint8_t *)block + request_bytes, (const uint8_t *)block + end,
                  byte_of(block));
}

static size_t canary_end(size_t request_bytes, size_t trailer_at) {
    return hak_min(trailer_at, request_bytes + CANARY_MOST);
}

void canary_lay(void *block, size_t request_bytes, size_t capacity) {
    size_t trailer_at = capacity - sizeof(uint64_t);
    uint64_t trailer = request_bytes ^ mask_of(block);
    canary_fill(block, request_bytes, canary_end(request_bytes, trailer_at));
    memcpy((uint8_t *)block + trailer_at, &trailer, sizeof(trailer));
}

size_t canary_check(const void *block, size_t capacity) {
    size_t trailer_at = capacity - sizeof(uint64_t);
    uint64_t trailer;
    memcpy(&trailer, (const uint8_t *)block + trailer_at, sizeof(trailer));
    size_t request_bytes = trailer ^ mask_of(block);
    if (request_bytes > capacity - CANARY_ROOM ||
        !canary_holds(block, request_bytes, canary_end(request_bytes, trailer_at))) {
        return SIZE_MAX;
    }
    return request_bytes;
}

void junk_fill(void *block, size_t bytes) {
    memset(block, JUNK, bytes);
}

bool junk_holds(const void *block, size_t bytes) {
    return is_all(block, (const uint8_t *)block + bytes, JUNK);
}
