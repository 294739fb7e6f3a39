/*
 * space.h - an address space of blocks and gaps, and which of its pages hold a live block.
 *
 * Segments, in the order of addresses, are blocks or gaps; no two gaps are neighbours, and the last
 * segment is a gap without end. Gaps are listed by length, eight lists a doubling. Addresses and
 * lengths are in units. All operations take constant time, but for the pages of the block.
 */
#ifndef WORKLOADS_PACKING_SPACE_H
#define WORKLOADS_PACKING_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#define SPACE_NONE    UINT32_MAX
#define SPACE_ENDLESS (UINT64_C(1) << 60)
enum { SPACE_BINS = 64 * 8 };

typedef struct segment {
    uint64_t start, length;
    uint32_t before, behind;         /* by address */
    uint32_t bin_before, bin_behind; /* of a gap */
    bool is_gap;
} segment_t;

typedef struct page {
    uint32_t blocks; /* live ones that lie in it, in part or whole */
    double until;    /* when the last of those that ever lay in it dies */
} page_t;

typedef struct space {
    segment_t *segments;
    uint32_t count, room, spare; /* spare: a list by `behind` */
    uint32_t bins[SPACE_BINS];
    page_t *pages;
    uint64_t page_count;
    uint64_t page_units;
    uint64_t resident, resident_most;
} space_t;

void space_open(space_t *space, uint64_t page_units);
void space_close(space_t *space);

unsigned space_bin(uint64_t length);

/* A block within a gap, at `start`; it dies at `until`. The segment that it now is. */
uint32_t space_place(space_t *space, uint32_t gap, uint64_t start, uint64_t length, double until);
void space_free(space_t *space, uint32_t block);
/* Resizes a block where it lies; false: it does not fit there. */
bool space_resize(space_t *space, uint32_t block, uint64_t length, double until);

/* The resident time that a block there adds to its first and last page, and to those between, from
 * `now` to `until`. */
double space_added(const space_t *space, uint64_t start, uint64_t length, double now, double until);

#endif
