/*
 * problem.c - see problem.h.
 */
#include "classes/problem.h"

#include "common/arena.h"

#include <math.h>
#include <string.h>

/* Sums stay below 2^60; without W_MAX no program looks at tables of more classes than this. */
enum { COST_BITS = 60, SCALE_BITS = 16, CLASSES_COUNTED = 256 };

uint32_t problem_place_for(const class_problem_t *problem, uint64_t bytes) {
    uint32_t low = 1, high = problem->count + 1;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (problem->places[middle].block_bytes < bytes)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The weights that make the largest sum still fit; a power of two, so that whole numbers of
 * moderate size stay what they are. */
static double scale_for(const class_problem_t *problem, double weight, double class_bytes) {
    double classes = problem->wmax != CLASS_NO_BOUND || problem->count < CLASSES_COUNTED
                         ? problem->count
                         : CLASSES_COUNTED;
    double most_block = 0;
    for (uint32_t i = 1; i <= problem->count; i++)
        most_block = fmax(most_block, (double)problem->places[i].block_cost);
    /* each of the sizes is rounded to a whole weight, and to 1 at least */
    double sum = most_block * weight + classes * class_bytes * problem->time * CLASS_FRACTION;
    double rounding = most_block * (double)problem->own_sizes;
    double room = exp2(COST_BITS) - rounding;
    int bits = SCALE_BITS;
    while (bits > -COST_BITS && sum * exp2(bits) > room)
        bits--;
    return exp2(bits);
}

/* Fills the sums, and what follows from them. */
static void add_sizes(class_problem_t *problem, const size_row_t *own, uint64_t own_count,
                      double scale) {
    uint64_t at = 0;
    problem->own_sizes = own_count;
    problem->last = 0;
    for (uint32_t i = 1; i <= problem->count; i++) {
        class_place_t *place = &problem->places[i];
        place->least_bytes = 0;
        problem->weights[i] = problem->weights[i - 1];
        problem->useful[i] = problem->useful[i - 1];
        for (; at < own_count && own[at].bytes + problem->header_bytes <= place->block_bytes;
             at++) {
            int64_t whole = llround(own[at].weight * scale);
            whole = whole < 1 ? 1 : whole;
            int64_t bytes = (int64_t)(own[at].bytes + problem->header_bytes);
            problem->weights[i] += whole;
            problem->useful[i] += whole * bytes * CLASS_FRACTION;
            if (place->least_bytes == 0)
                place->least_bytes = (uint64_t)bytes;
            problem->last = i;
        }
    }
}

/* `class_cost` holds bytes until here. */
static void settle(class_problem_t *problem, const size_row_t *own, uint64_t own_count) {
    double weight = 0, class_bytes = 0;
    for (uint64_t i = 0; i < own_count; i++)
        weight += own[i].weight;
    for (uint32_t i = 1; i <= problem->count; i++)
        class_bytes = fmax(class_bytes, (double)problem->places[i].class_cost);
    problem->own_sizes = own_count;
    double scale = scale_for(problem, weight, class_bytes);
    problem->unit = 1 / (scale * CLASS_FRACTION);
    problem->weights = arena_alloc((size_t)problem->count + 1, sizeof(int64_t));
    problem->useful = arena_alloc((size_t)problem->count + 1, sizeof(int64_t));
    for (uint32_t i = 1; i <= problem->count; i++) {
        class_place_t *place = &problem->places[i];
        place->class_cost =
            (int64_t)((double)place->class_cost * CLASS_FRACTION * scale * problem->time);
    }
    add_sizes(problem, own, own_count, scale);
}

static void add_place(class_problem_t *problem, uint32_t *room, uint64_t block,
                      const class_layout_t *layout) {
    if (problem->count + 2 > *room) {
        problem->places =
            arena_grow(problem->places, *room, 2 * (size_t)*room, sizeof *problem->places);
        *room *= 2;
    }
    class_carve_t carve = layout->carve(block);
    uint64_t whole = block * CLASS_FRACTION;
    if (carve.slab_bytes > 0)
        whole = (carve.slab_bytes * CLASS_FRACTION + carve.blocks - 1) / carve.blocks;
    problem->places[++problem->count] = (class_place_t){.block_bytes = block,
                                                        .block_cost = (int64_t)whole,
                                                        .class_cost = (int64_t)carve.idle_bytes};
}

static void add_places(class_problem_t *problem, const class_layout_t *layout,
                       const size_row_t *own, uint64_t own_count) {
    uint32_t room = 64;
    problem->places = arena_alloc(room, sizeof *problem->places);
    uint64_t block = 0;
    for (uint64_t i = 0; i < own_count; i++) {
        uint64_t needed = layout->block_for(own[i].bytes + layout->header_bytes);
        if (layout->considers_all && i == 0)
            block = needed - 1;
        while (layout->considers_all && layout->block_for(block + 1) < needed) {
            block = layout->block_for(block + 1);
            add_place(problem, &room, block, layout);
        }
        if (needed > block || problem->count == 0)
            add_place(problem, &room, needed, layout);
        block = needed;
    }
    while (layout->considers_all && block < layout->block_most) {
        block = layout->block_for(block + 1);
        add_place(problem, &room, block, layout);
    }
    /* What is not used of the table goes back. */
    problem->places =
        arena_grow(problem->places, room, (size_t)problem->count + 1, sizeof *problem->places);
}

/* The rows of the sizes from `low` to `high`. */
static uint64_t find_rows(const sizes_t *sizes, uint64_t low, uint64_t high, uint64_t *count) {
    uint64_t first = 0, end = 0;
    while (first < sizes->count && sizes->rows[first].bytes < low)
        first++;
    for (end = first; end < sizes->count && sizes->rows[end].bytes <= high;)
        end++;
    *count = end - first;
    return first;
}

void problem_open(const sizes_t *sizes, const class_layout_t *layout, uint64_t low, uint64_t high,
                  uint64_t wmax, class_problem_t *out) {
    low = low < layout->request_least ? layout->request_least : low;
    high = high > layout->request_most ? layout->request_most : high;
    uint64_t count, first = find_rows(sizes, low, high, &count);
    *out = (class_problem_t){.wmax = wmax,
                             .low = low,
                             .high = high,
                             .header_bytes = layout->header_bytes,
                             .time = sizes->time};
    add_places(out, layout, sizes->rows + first, count);
    if (count == 0)
        problem_close(out);
    else
        settle(out, sizes->rows + first, count);
}

void problem_of_places(const class_place_t *places, uint32_t count, const size_row_t *own,
                       uint32_t own_count, uint64_t wmax, class_problem_t *out) {
    *out = (class_problem_t){.wmax = wmax, .high = UINT64_MAX, .time = 1, .count = count};
    out->places = arena_alloc((size_t)count + 1, sizeof *out->places);
    for (uint32_t i = 1; i <= count; i++)
        out->places[i] = places[i - 1];
    settle(out, own, own_count);
}

void problem_part_open(const class_problem_t *whole, class_problem_t *out) {
    size_t count = (size_t)whole->count + 1;
    *out = *whole;
    out->places = arena_alloc(count, sizeof *out->places);
    memcpy(out->places, whole->places, count * sizeof *out->places);
    out->weights = arena_alloc(count, sizeof *out->weights);
    out->useful = arena_alloc(count, sizeof *out->useful);
}

void problem_part_set(const class_problem_t *whole, const sizes_t *sizes, class_problem_t *part) {
    uint64_t count, first = find_rows(sizes, whole->low, whole->high, &count);
    part->time = sizes->time;
    for (uint32_t i = 1; i <= part->count; i++)
        part->places[i].class_cost =
            llround((double)whole->places[i].class_cost * part->time / whole->time);
    add_sizes(part, sizes->rows + first, count, 1 / (whole->unit * CLASS_FRACTION));
}

void problem_close(class_problem_t *problem) {
    size_t count = (size_t)problem->count + 1;
    arena_free(problem->places, count, sizeof *problem->places);
    if (problem->weights != NULL) {
        arena_free(problem->weights, count, sizeof *problem->weights);
        arena_free(problem->useful, count, sizeof *problem->useful);
    }
    *problem = (class_problem_t){.count = 0};
}

void problem_windows(const class_problem_t *problem, uint32_t *first) {
    uint32_t barred = 0; /* the last place whose sizes are too small for the block at i */
    uint32_t next = 1;
    for (uint32_t i = 1; i <= problem->count; i++) {
        unsigned __int128 block = (unsigned __int128)problem->places[i].block_bytes;
        for (; problem->wmax != CLASS_NO_BOUND && next <= i; next++) {
            uint64_t least = problem->places[next].least_bytes;
            if (least == 0)
                continue;
            if (block * CLASS_RATIO_ONE <= (unsigned __int128)least * problem->wmax)
                break;
            barred = next;
        }
        first[i] = barred;
    }
}
