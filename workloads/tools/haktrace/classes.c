/*
 * classes.c - see classes.h.
 */
#include "classes.h"

#include "common/arena.h"
#include "shared/die.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- the tables ---- */

static void refuse(const study_t *study, const pool_t *pool, unsigned most) {
    uint32_t *places = arena_alloc((size_t)pool->problem.count + 1, sizeof *places);
    uint64_t misfit = 0;
    uint32_t fewest = table_fewest(&pool->problem, places, &misfit);
    double wmax = (double)pool->problem.wmax / CLASS_RATIO_ONE;
    if (fewest == 0)
        die("%s: no block that %s accepts is within W_MAX %.4g of %" PRIu64 " bytes", study->path,
            pool->layout->name, wmax, misfit);
    die("%s: %u classes cannot serve the sizes of the %s pool within W_MAX %.4g: it takes %" PRIu32
        " (--classes=fewest)",
        study->path, most, pool->layout->name, wmax, fewest);
}

static void solve(study_t *study, pool_t *pool, unsigned most) {
    most = most > pool->layout->classes_most ? pool->layout->classes_most : most;
    if (pool->problem.count > 0 && !table_solve(&pool->problem, most, &pool->table))
        refuse(study, pool, most);
}

/* Of `most` classes in both pools together, how many the first gets. */
static unsigned best_share(const study_t *study, unsigned most) {
    static int64_t costs[POOLS_MOST][TABLE_MOST + 1];
    unsigned share = most / 2;
    double least = -1;
    for (unsigned i = 0; i < POOLS_MOST; i++)
        table_costs(&study->pools[i].problem, most, costs[i]);
    for (unsigned k = 1; k < most; k++) {
        int64_t first = costs[0][k], second = costs[1][most - k];
        if (first == INT64_MAX || second == INT64_MAX)
            continue;
        double cost = problem_mean(&study->pools[0].problem, first) +
                      problem_mean(&study->pools[1].problem, second);
        if (least < 0 || cost < least) {
            least = cost;
            share = k;
        }
    }
    if (least < 0)
        die("%s: %u classes cannot serve its sizes in both pools within W_MAX (--classes=fewest "
            "says how many it takes)",
            study->path, most);
    return share;
}

static void solve_all(study_t *study, unsigned most) {
    bool both = study->pool_count == 2 && study->pools[0].problem.count > 0 &&
                study->pools[1].problem.count > 0;
    if (most == 0 || !both) {
        for (unsigned i = 0; i < study->pool_count; i++)
            solve(study, &study->pools[i], most == 0 ? TABLE_MOST : most);
        return;
    }
    unsigned share = best_share(study, most);
    solve(study, &study->pools[0], share);
    solve(study, &study->pools[1], most - share);
}

static void take_fewest(study_t *study, pool_t *pool) {
    size_t room = (size_t)pool->problem.count + 1;
    if (pool->problem.count == 0)
        return;
    class_table_t *table = &pool->table;
    table->places = arena_alloc(room, sizeof *table->places);
    table->count = table_fewest(&pool->problem, table->places, NULL);
    table->places = arena_grow(table->places, room, table->count, sizeof *table->places);
    if (table->count == 0 || table->count > pool->layout->classes_most)
        refuse(study, pool, pool->layout->classes_most);
    table->cost = table->evaluated = table_evaluate(&pool->problem, table->places, table->count);
}

/* ---- what is written of them ---- */

static void add_block(pool_t *pool, uint64_t block) {
    if (pool->block_count > 0 && pool->blocks[pool->block_count - 1] == block)
        return;
    if (pool->block_count == pool->layout->classes_most)
        die("with the built-in classes outside --range there are more than %u in the %s pool",
            pool->layout->classes_most, pool->layout->name);
    pool->blocks[pool->block_count++] = block;
}

static int by_value(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The built-in classes that serve sizes outside the range stay, since a list replaces them all. */
static void list_blocks(pool_t *pool, const options_t *options, bool keeps_built_in) {
    const class_layout_t *layout = pool->layout;
    uint64_t all[2 * TABLE_MOST];
    unsigned count = 0;
    for (uint32_t t = 0; t < pool->table.count; t++)
        all[count++] = pool->problem.places[pool->table.places[t]].block_bytes;
    for (uint64_t size = layout->request_least; keeps_built_in && size <= layout->request_most;) {
        uint64_t block = layout_default_block(size);
        if (size < options->sizes.from || block > options->sizes.to)
            all[count++] = block;
        size = block + 1;
    }
    qsort(all, count, sizeof *all, by_value);
    for (unsigned i = 0; i < count; i++)
        add_block(pool, all[i]);
}

void run_classes(const options_t *options) {
    static study_t study;
    if (options->compares) {
        classes_compare(options);
        return;
    }
    if (options->word_count != 2)
        die_usage("classes takes one file, or several with --compare");
    if (options->figures != NULL)
        die_usage("classes draws figures with --compare only");
    study_open(options->words[1], options, &study);
    if (options->takes_fewest) {
        for (unsigned i = 0; i < study.pool_count; i++)
            take_fewest(&study, &study.pools[i]);
    } else {
        solve_all(&study, options->classes);
    }
    for (unsigned i = 0; i < study.pool_count; i++) {
        if (study.pools[i].problem.count > 0)
            list_blocks(&study.pools[i], options,
                        options->sizes.is_set && study_is_hakmem(options));
    }
    classes_write(&study, options->format);
    study_close(&study);
}
