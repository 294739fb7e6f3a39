/*
 * rules.c - see rules.h.
 */
#include "classes/rules.h"

#include "common/arena.h"

#include <string.h>

enum { KIB = 1024 };

static uint64_t round_up(uint64_t bytes, uint64_t unit) {
    return (bytes + unit - 1) / unit * unit;
}

static uint64_t geometric_block(uint64_t bytes) {
    uint64_t block = 96;
    while (block < bytes)
        block = round_up(block + block / 4, 8);
    return block;
}

static uint64_t four_a_doubling(uint64_t bytes) {
    uint64_t base = 64;
    while (2 * base < bytes)
        base *= 2;
    return bytes <= base ? round_up(bytes, 16) : base + round_up(bytes - base, base / 4);
}

static uint64_t mimalloc_block(uint64_t bytes) {
    if (bytes <= 128 * KIB)
        return four_a_doubling(bytes);
    return round_up(bytes, bytes < 512 * KIB ? 4 * KIB : bytes < 2048 * KIB ? 64 * KIB : 256 * KIB);
}

const class_rule_t class_rules[RULES] = {{"default", layout_default_block},
                                         {"geometric 1.25", geometric_block},
                                         {"jemalloc", four_a_doubling},
                                         {"mimalloc", mimalloc_block}};

void rule_apply(const class_problem_t *problem, const class_layout_t *layout,
                const class_rule_t *rule, class_table_t *out) {
    memset(out, 0, sizeof *out);
    out->places = arena_alloc(problem->count, sizeof *out->places);
    for (uint32_t i = 1; i <= problem->count; i++) {
        uint32_t last = out->count == 0 ? 0 : out->places[out->count - 1];
        if (problem->places[i].least_bytes == 0 || i <= last)
            continue;
        /* A larger size of the same place may have a larger block, but this one holds it, too. */
        uint64_t block = layout->block_for(rule->block(problem->places[i].least_bytes));
        uint32_t place = problem_place_for(problem, block);
        out->places[out->count++] = place > problem->count ? problem->count : place;
    }
    out->places = arena_grow(out->places, problem->count, out->count, sizeof *out->places);
    out->cost = out->evaluated = table_evaluate(problem, out->places, out->count);
}

/* ---- greedy ---- */

static uint32_t class_before(const class_table_t *table, uint32_t at) {
    return at == 0 ? 0 : table->places[at - 1];
}

/* A class between two others saves what they cost less by it. */
static int64_t saving(const class_problem_t *problem, uint32_t before, uint32_t place,
                      uint32_t next) {
    return problem_cost(problem, before, next) - problem_cost(problem, before, place) -
           problem_cost(problem, place, next);
}

static bool add_best(const class_problem_t *problem, class_table_t *table) {
    int64_t most = 0;
    uint32_t best = 0, best_at = 0;
    for (uint32_t at = 0; at < table->count; at++) {
        for (uint32_t i = class_before(table, at) + 1; i < table->places[at]; i++) {
            int64_t saved = saving(problem, class_before(table, at), i, table->places[at]);
            if (saved > most) {
                most = saved;
                best = i;
                best_at = at;
            }
        }
    }
    if (most == 0)
        return false;
    memmove(table->places + best_at + 1, table->places + best_at,
            (table->count - best_at) * sizeof *table->places);
    table->places[best_at] = best;
    table->count++;
    return true;
}

bool greedy_solve(const class_problem_t *problem, uint32_t most, class_table_t *out) {
    memset(out, 0, sizeof *out);
    out->places = arena_alloc((size_t)problem->count + 1, sizeof *out->places);
    if (problem->wmax == CLASS_NO_BOUND)
        out->places[out->count++] = problem->last;
    else
        out->count = table_fewest(problem, out->places, NULL);
    bool good = out->count > 0 && out->count <= most;
    while (good && out->count < most && add_best(problem, out))
        continue;
    out->places =
        arena_grow(out->places, (size_t)problem->count + 1, out->count, sizeof *out->places);
    out->cost = out->evaluated = table_evaluate(problem, out->places, out->count);
    if (!good)
        table_free(out);
    return good;
}
