/*
 * layout.c - see layout.h.
 */
#include "classes/layout.h"

enum {
    PAGE_BYTES = 4096,
    TINY_MOST = 1024,
    SMALLMID_MOST = 8 << 10,
    MID_MOST = 56 << 10,
    LARGE_MOST = 2 << 20,
    LISTED_MOST = 64, /* of each of hakmem's lists */
    LARGE_CACHED_MOST = 256 << 10,
    MEMCACHED_PAGE = 1 << 20,
    MEMCACHED_LISTED = 62,
    SCUDO_MAP_BYTES = 256 << 10
};

static uint64_t round_up(uint64_t bytes, uint64_t unit) {
    return (bytes + unit - 1) / unit * unit;
}

static uint64_t at_least(uint64_t bytes, uint64_t least) {
    return bytes < least ? least : bytes;
}

/* ---- hakmem ---- */

static uint64_t mid_block(uint64_t bytes) {
    return at_least(round_up(bytes, 16), TINY_MOST);
}

/* The span of 8 blocks or 64 KiB, or up to twice as long and 640 KiB, with the smallest share
 * left over at its end. */
static class_carve_t mid_carve(uint64_t block) {
    uint64_t least = at_least(round_up(8 * block, PAGE_BYTES) / PAGE_BYTES, 16);
    uint64_t most = 2 * least < 160 ? 2 * least : 160, best = least;
    uint64_t best_tail = least * PAGE_BYTES % block;
    for (uint64_t pages = least + 1; pages <= most && best_tail > 0; pages++) {
        uint64_t tail = pages * PAGE_BYTES % block;
        if (tail * best < best_tail * pages) {
            best = pages;
            best_tail = tail;
        }
    }
    uint64_t bytes = best * PAGE_BYTES;
    return (class_carve_t){bytes, bytes / block, bytes / 2};
}

static uint64_t large_block(uint64_t bytes) {
    return at_least(round_up(bytes, PAGE_BYTES), MID_MOST + PAGE_BYTES);
}

/* A span a block. Threads keep a few blocks up to 256 KiB: counted as half of one. */
static class_carve_t large_carve(uint64_t block) {
    return (class_carve_t){block, 1, block <= LARGE_CACHED_MOST ? block / 2 : 0};
}

const class_layout_t layout_mid = {.name = "mid",
                                   .request_least = SMALLMID_MOST + 1,
                                   .request_most = MID_MOST,
                                   .block_least = SMALLMID_MOST + 16,
                                   .block_most = MID_MOST,
                                   .wmax = 1600000,
                                   .classes_most = LISTED_MOST,
                                   .considers_all = true,
                                   .block_for = mid_block,
                                   .carve = mid_carve};

const class_layout_t layout_mid_low = {.name = "mid",
                                       .request_least = TINY_MOST + 1,
                                       .request_most = MID_MOST,
                                       .block_least = TINY_MOST + 16,
                                       .block_most = MID_MOST,
                                       .wmax = 1600000,
                                       .classes_most = LISTED_MOST,
                                       .considers_all = true,
                                       .block_for = mid_block,
                                       .carve = mid_carve};

const class_layout_t layout_large = {.name = "large",
                                     .request_least = MID_MOST + 1,
                                     .request_most = LARGE_MOST,
                                     .block_least = MID_MOST + PAGE_BYTES,
                                     .block_most = LARGE_MOST,
                                     .wmax = 1300000,
                                     .classes_most = LISTED_MOST,
                                     .considers_all = true,
                                     .block_for = large_block,
                                     .carve = large_carve};

/* Eight a doubling; the first of the Large pool is 64 KiB. */
uint64_t layout_default_block(uint64_t bytes) {
    if (bytes > MID_MOST && bytes <= MID_MOST + 2 * PAGE_BYTES)
        return MID_MOST + 2 * PAGE_BYTES;
    uint64_t base = TINY_MOST;
    while (2 * base < bytes)
        base *= 2;
    return base + round_up(bytes - base, base / 8);
}

/* ---- others ---- */

/* Chunks are multiples of 8 and more than 8 apart. */
static uint64_t memcached_block(uint64_t bytes) {
    return at_least(round_up(bytes, 16), 48);
}

static class_carve_t memcached_carve(uint64_t block) {
    return (class_carve_t){MEMCACHED_PAGE, MEMCACHED_PAGE / block, MEMCACHED_PAGE / 2};
}

const class_layout_t layout_memcached = {.name = "memcached",
                                         .request_least = 1,
                                         .request_most = MEMCACHED_PAGE / 2,
                                         .block_least = 48,
                                         .block_most = MEMCACHED_PAGE / 2,
                                         .wmax = 0,
                                         .classes_most = MEMCACHED_LISTED,
                                         .considers_all = false,
                                         .block_for = memcached_block,
                                         .carve = memcached_carve};

/* Without its header, a block has at most SCUDO_BITS bits between its highest and its lowest, and
 * is a multiple of 16. */
static uint64_t scudo_block(uint64_t bytes) {
    uint64_t room = at_least(bytes, SCUDO_HEADER + 16) - SCUDO_HEADER, unit = 16;
    while (unit << SCUDO_BITS < room)
        unit *= 2;
    return round_up(room, unit) + SCUDO_HEADER;
}

static class_carve_t scudo_carve(uint64_t block) {
    (void)block; /* no end of a slab: a class is one run of blocks */
    return (class_carve_t){0, 1, SCUDO_MAP_BYTES / 2};
}

const class_layout_t layout_scudo = {.name = "scudo",
                                     .request_least = (SCUDO_LINEAR << 4) + 1,
                                     .request_most = LARGE_CACHED_MOST,
                                     .block_least = ((SCUDO_LINEAR + 1) << 4) + 16,
                                     .block_most = LARGE_CACHED_MOST + SCUDO_HEADER,
                                     .header_bytes = SCUDO_HEADER,
                                     .wmax = 0,
                                     .classes_most = 200,
                                     .considers_all = false,
                                     .block_for = scudo_block,
                                     .carve = scudo_carve};
