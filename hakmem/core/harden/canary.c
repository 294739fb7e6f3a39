/* canary.c - see canary.h. */
#include "canary.h"

#include <string.h>

#include "../os/os.h"

#define CANARY_MOST ((size_t)256) /* beyond that an overflow has met canary, or the trailer */
/* Odd, and what undoes a multiplication with it: whichever bit of a trailer is changed, the size
 * that it then reads as is beyond all bounds. */
#define SPREAD       0x9e3779b97f4a7c15u
#define GATHER       0xf1de83e19937733du
#define TRAILER_BITS 48 /* above two bytes that are canary */
#define STOP_AT      ((size_t)1)
#define TOP_BITS     0x8080808080808080u

static_assert((uint64_t)(SPREAD * GATHER) == 1, "one undoes the other");

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

/* The second byte ends what reads on as a string. */
void canary_fill(void *block, size_t request_bytes, size_t end) {
    uint8_t *canary = (uint8_t *)block + request_bytes;
    memset(canary, byte_of(block), end - request_bytes);
    if (end - request_bytes > STOP_AT) {
        canary[STOP_AT] = 0;
    }
}

bool canary_holds(const void *block, size_t request_bytes, size_t end) {
    const uint8_t *canary = (const uint8_t *)block + request_bytes;
    size_t bytes = end - request_bytes, until = hak_min(STOP_AT, bytes);
    return is_all(canary, canary + until, byte_of(block)) &&
           (until == bytes || canary[STOP_AT] == 0) &&
           is_all(canary + until + 1, canary + bytes, byte_of(block));
}

static size_t canary_end(size_t request_bytes, size_t trailer_at) {
    return hak_min(trailer_at, request_bytes + CANARY_MOST);
}

static uint64_t trailer_mask(const void *block) {
    return mask_of(block) & (((uint64_t)1 << TRAILER_BITS) - 1);
}

/* Its first bytes go on where the canary ends. */
static uint64_t trailer_of(const void *block, size_t request_bytes, size_t trailer_at) {
    uint64_t first = byte_of(block) * (uint64_t)0x0101;
    if (trailer_at - request_bytes <= STOP_AT) {
        first &= ~((uint64_t)0xff << 8 * (STOP_AT - (trailer_at - request_bytes)));
    }
    return (request_bytes * SPREAD ^ trailer_mask(block)) << (64 - TRAILER_BITS) | first;
}

static size_t size_in(const void *block, uint64_t trailer) {
    uint64_t spread = (trailer >> (64 - TRAILER_BITS)) ^ trailer_mask(block);
    return spread * GATHER & (((uint64_t)1 << TRAILER_BITS) - 1);
}

static uint64_t wall_of(const void *block) {
    return ~mask_of(block) | TOP_BITS;
}

/* Walls are laid and looked at by the owners of two blocks, each with the same value. */
static uint64_t *wall_at(const void *block, size_t capacity) {
    return (uint64_t *)((uintptr_t)block + capacity - WALL_BYTES);
}

void wall_lay(void *block, size_t capacity) {
    __atomic_store_n(wall_at(block, capacity), wall_of(block), __ATOMIC_RELAXED);
}

uint64_t wall_read(const void *block, size_t capacity) {
    return __atomic_load_n(wall_at(block, capacity), __ATOMIC_RELAXED);
}

bool wall_holds(const void *block, size_t capacity) {
    return wall_read(block, capacity) == wall_of(block);
}

void canary_lay(void *block, size_t request_bytes, size_t capacity) {
    size_t trailer_at = capacity - CANARY_ROOM;
    uint64_t trailer = trailer_of(block, request_bytes, trailer_at);
    canary_fill(block, request_bytes, canary_end(request_bytes, trailer_at));
    memcpy((uint8_t *)block + trailer_at, &trailer, sizeof(trailer));
    wall_lay(block, capacity);
}

size_t canary_check(const void *block, size_t capacity) {
    size_t trailer_at = capacity - CANARY_ROOM;
    uint64_t trailer;
    memcpy(&trailer, (const uint8_t *)block + trailer_at, sizeof(trailer));
    size_t request_bytes = size_in(block, trailer);
    if (request_bytes > trailer_at || trailer != trailer_of(block, request_bytes, trailer_at) ||
        !wall_holds(block, capacity) ||
        !canary_holds(block, request_bytes, canary_end(request_bytes, trailer_at))) {
        return SIZE_MAX;
    }
    return request_bytes;
}

bool is_zero(const void *start, size_t bytes) {
    return is_all(start, (const uint8_t *)start + bytes, 0);
}
