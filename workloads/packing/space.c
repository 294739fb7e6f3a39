/*
 * space.c - see space.h.
 */
#include "packing/space.h"

#include "common/arena.h"

enum { SEGMENTS_FIRST = 1024, PAGES_FIRST = 1024 };

/* ---- lists of gaps ---- */

unsigned space_bin(uint64_t length) {
    unsigned top = 63 - (unsigned)__builtin_clzll(length | 1);
    return top < 3 ? (unsigned)length : (top - 2) * 8 + (unsigned)(length >> (top - 3) & 7);
}

static void list_gap(space_t *space, uint32_t at) {
    segment_t *gap = &space->segments[at];
    uint32_t *head = &space->bins[space_bin(gap->length)];
    gap->is_gap = true;
    gap->bin_before = SPACE_NONE;
    gap->bin_behind = *head;
    if (*head != SPACE_NONE)
        space->segments[*head].bin_before = at;
    *head = at;
}

static void unlist_gap(space_t *space, uint32_t at) {
    segment_t *gap = &space->segments[at];
    if (gap->bin_before != SPACE_NONE)
        space->segments[gap->bin_before].bin_behind = gap->bin_behind;
    else
        space->bins[space_bin(gap->length)] = gap->bin_behind;
    if (gap->bin_behind != SPACE_NONE)
        space->segments[gap->bin_behind].bin_before = gap->bin_before;
    gap->is_gap = false;
}

/* ---- segments ---- */

static uint32_t new_segment(space_t *space) {
    uint32_t at = space->spare;
    if (at != SPACE_NONE) {
        space->spare = space->segments[at].behind;
        return at;
    }
    if (space->count == space->room) {
        space->segments = arena_grow(space->segments, space->room, 2 * (uint64_t)space->room,
                                     sizeof *space->segments);
        space->room *= 2;
    }
    return space->count++;
}

/* A gap from `start` behind a segment (or before all: SPACE_NONE); its neighbour shrinks. */
static void cut_gap(space_t *space, uint32_t before, uint64_t start, uint64_t length,
                    uint32_t behind) {
    if (length == 0)
        return;
    uint32_t at = new_segment(space);
    space->segments[at] =
        (segment_t){.start = start, .length = length, .before = before, .behind = behind};
    if (before != SPACE_NONE)
        space->segments[before].behind = at;
    if (behind != SPACE_NONE)
        space->segments[behind].before = at;
    list_gap(space, at);
}

static void drop(space_t *space, uint32_t at) {
    segment_t *segment = &space->segments[at];
    if (segment->before != SPACE_NONE)
        space->segments[segment->before].behind = segment->behind;
    if (segment->behind != SPACE_NONE)
        space->segments[segment->behind].before = segment->before;
    segment->behind = space->spare;
    space->spare = at;
}

void space_open(space_t *space, uint64_t page_units) {
    *space = (space_t){.segments = arena_alloc(SEGMENTS_FIRST, sizeof(segment_t)),
                       .room = SEGMENTS_FIRST,
                       .spare = SPACE_NONE,
                       .pages = arena_alloc(PAGES_FIRST, sizeof(page_t)),
                       .page_count = PAGES_FIRST,
                       .page_units = page_units};
    for (unsigned i = 0; i < SPACE_BINS; i++)
        space->bins[i] = SPACE_NONE;
    cut_gap(space, SPACE_NONE, 0, SPACE_ENDLESS, SPACE_NONE);
}

void space_close(space_t *space) {
    arena_free(space->segments, space->room, sizeof *space->segments);
    arena_free(space->pages, space->page_count, sizeof *space->pages);
}

/* ---- pages ---- */

static void hold(space_t *space, uint64_t start, uint64_t length, double until) {
    uint64_t last = (start + length - 1) / space->page_units;
    if (last >= space->page_count) {
        uint64_t count = space->page_count;
        while (count <= last)
            count *= 2;
        space->pages = arena_grow(space->pages, space->page_count, count, sizeof *space->pages);
        space->page_count = count;
    }
    for (uint64_t i = start / space->page_units; i <= last; i++) {
        page_t *page = &space->pages[i];
        if (page->blocks++ == 0)
            space->resident++;
        page->until = until > page->until ? until : page->until;
    }
    if (space->resident > space->resident_most)
        space->resident_most = space->resident;
}

static void release(space_t *space, uint64_t start, uint64_t length) {
    for (uint64_t i = start / space->page_units; i <= (start + length - 1) / space->page_units; i++)
        space->resident -= --space->pages[i].blocks == 0;
}

static double added_to(const space_t *space, uint64_t at, double now, double until) {
    double from = now;
    if (at < space->page_count && space->pages[at].blocks > 0 && space->pages[at].until > now)
        from = space->pages[at].until;
    return until > from ? until - from : 0;
}

double space_added(const space_t *space, uint64_t start, uint64_t length, double now,
                   double until) {
    uint64_t first = start / space->page_units, last = (start + length - 1) / space->page_units;
    double added = added_to(space, first, now, until);
    if (last > first)
        added += added_to(space, last, now, until) + (double)(last - first - 1) * (until - now);
    return added;
}

/* ---- blocks ---- */

uint32_t space_place(space_t *space, uint32_t gap, uint64_t start, uint64_t length, double until) {
    unlist_gap(space, gap);
    segment_t old = space->segments[gap];
    space->segments[gap].start = start;
    space->segments[gap].length = length;
    cut_gap(space, old.before, old.start, start - old.start, gap);
    cut_gap(space, gap, start + length, old.start + old.length - start - length, old.behind);
    hold(space, start, length, until);
    return gap;
}

/* The segment becomes a gap, together with those beside it. */
static void become_gap(space_t *space, uint32_t at) {
    segment_t *segment = &space->segments[at];
    uint32_t before = segment->before, behind = segment->behind;
    if (before != SPACE_NONE && space->segments[before].is_gap) {
        unlist_gap(space, before);
        segment->start = space->segments[before].start;
        segment->length += space->segments[before].length;
        drop(space, before);
    }
    if (behind != SPACE_NONE && space->segments[behind].is_gap) {
        unlist_gap(space, behind);
        segment->length += space->segments[behind].length;
        drop(space, behind);
    }
    list_gap(space, at);
}

void space_free(space_t *space, uint32_t block) {
    release(space, space->segments[block].start, space->segments[block].length);
    become_gap(space, block);
}

bool space_resize(space_t *space, uint32_t block, uint64_t length, double until) {
    segment_t *segment = &space->segments[block];
    uint32_t behind = segment->behind; /* a block has one behind it: the last is a gap */
    bool has_gap = space->segments[behind].is_gap;
    uint64_t start = segment->start, room = segment->length;
    if (has_gap)
        room += space->segments[behind].length;
    if (length > room)
        return false;
    /* Held anew before it is released, so that what stays is not counted as new. */
    release(space, start, segment->length);
    hold(space, start, length, until);
    if (has_gap) {
        unlist_gap(space, behind);
        drop(space, behind);
    }
    space->segments[block].length = length;
    cut_gap(space, block, start + length, room - length, space->segments[block].behind);
    return true;
}
