/*
 * classes_solve.c - see classes.h.
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

static void solve_all(study_t *study, unsigned most) {
    bool both = study->pool_count == 2 && study->pools[0].problem.count > 0 &&
                study->pools[1].problem.count > 0;
    share_pool_t pools[POOLS_MOST];
    uint32_t shares[POOLS_MOST];
    if (most == 0 || !both) {
        for (unsigned i = 0; i < study->pool_count; i++)
            solve(study, &study->pools[i], most == 0 ? TABLE_MOST : most);
        return;
    }
    study_share(study, pools);
    if (share_classes(pools, study->pool_count, most, shares) == SHARE_NONE)
        die("%s: %u classes cannot serve its sizes in both pools within W_MAX (--classes=fewest "
            "says how many it takes)",
            study->path, most);
    for (unsigned i = 0; i < POOLS_MOST; i++)
        solve(study, &study->pools[i], shares[i]);
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

void classes_solve(study_t *study, const options_t *options) {
    if (options->takes_fewest) {
        for (unsigned i = 0; i < study->pool_count; i++)
            take_fewest(study, &study->pools[i]);
    } else {
        solve_all(study, (unsigned)options->classes);
    }
    for (unsigned i = 0; i < study->pool_count; i++) {
        if (study->pools[i].problem.count > 0)
            list_blocks(&study->pools[i], options,
                        options->sizes.is_set && study_is_hakmem(options));
    }
}
