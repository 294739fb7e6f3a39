/*
 * classes.c - see classes.h.
 */
#include "classes.h"

#include "classes/rules.h"
#include "sizes_load.h"

#include "common/arena.h"
#include "shared/die.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { HAKMEM_WMAX_MOST = 4000000, SMALLMID_MOST = 8192 };

static bool is_hakmem(const options_t *options) {
    return strcmp(options->format, "memcached") != 0 && strcmp(options->format, "scudo") != 0;
}

uint64_t study_wmax(const options_t *options, const class_layout_t *layout) {
    uint64_t wmax = options->has_wmax ? options->wmax : layout->wmax;
    bool is_free = wmax == CLASS_NO_BOUND || wmax > HAKMEM_WMAX_MOST;
    return is_free && is_hakmem(options) ? HAKMEM_WMAX_MOST : wmax;
}

/* ---- the problems ---- */

static void add_pool(study_t *study, const options_t *options, const class_layout_t *layout) {
    pool_t *pool = &study->pools[study->pool_count++];
    uint64_t low = options->sizes.is_set ? options->sizes.from : 0;
    uint64_t high = options->sizes.is_set ? options->sizes.to : UINT64_MAX;
    pool->layout = layout;
    problem_open(&study->sizes, layout, low, high, study_wmax(options, layout), &pool->problem);
}

void study_open(const char *path, const options_t *options, study_t *out) {
    memset(out, 0, sizeof *out);
    out->path = path;
    out->says_wmax = options->has_wmax;
    sizes_load(path, &out->sizes);
    if (strcmp(options->format, "memcached") == 0) {
        add_pool(out, options, &layout_memcached);
    } else if (strcmp(options->format, "scudo") == 0) {
        add_pool(out, options, &layout_scudo);
    } else {
        out->has_low_mid = options->sizes.is_set && options->sizes.from <= SMALLMID_MOST;
        add_pool(out, options, out->has_low_mid ? &layout_mid_low : &layout_mid);
        add_pool(out, options, &layout_large);
    }
    uint64_t count = 0;
    for (unsigned i = 0; i < out->pool_count; i++)
        count += out->pools[i].problem.count;
    if (count == 0)
        die("%s: none of its %" PRIu64 " sizes lies in the range, %" PRIu64 " to %" PRIu64
            " bytes here",
            path, out->sizes.count,
            options->sizes.is_set ? options->sizes.from : out->pools[0].layout->request_least,
            options->sizes.is_set ? options->sizes.to
                                  : out->pools[out->pool_count - 1].layout->request_most);
}

void study_close(study_t *study) {
    for (unsigned i = 0; i < study->pool_count; i++) {
        table_free(&study->pools[i].table);
        if (study->pools[i].problem.count > 0)
            problem_close(&study->pools[i].problem);
    }
    sizes_close(&study->sizes);
}

class_parts_t study_parts(const study_t *study, const pool_t *pool, const uint32_t *places,
                          uint32_t count, uint32_t first, uint32_t end) {
    class_parts_t parts = {.waste = 0};
    const class_problem_t *problem = &pool->problem;
    uint64_t below = 0;
    for (uint32_t t = 0; t < count && t < end; t++) {
        uint64_t block = problem->places[places[t]].block_bytes;
        class_carve_t carve = pool->layout->carve(block);
        bool used = false;
        for (uint64_t i = 0; i < study->sizes.count && t >= first; i++) {
            const size_row_t *row = &study->sizes.rows[i];
            uint64_t bytes = row->bytes + pool->layout->header_bytes;
            if (bytes > block || bytes <= below || bytes < problem->places[1].least_bytes)
                continue;
            double weight = row->weight / problem->time;
            used = true;
            parts.live += weight * (double)row->bytes;
            parts.waste += weight * (double)(block - bytes);
            if (carve.slab_bytes > 0)
                parts.tails +=
                    weight * ((double)carve.slab_bytes / (double)carve.blocks - (double)block);
        }
        parts.idle += used ? (double)carve.idle_bytes : 0;
        below = block;
    }
    return parts;
}

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
    study_open(options->words[1], options, &study);
    if (options->takes_fewest) {
        for (unsigned i = 0; i < study.pool_count; i++)
            take_fewest(&study, &study.pools[i]);
    } else {
        solve_all(&study, options->classes);
    }
    for (unsigned i = 0; i < study.pool_count; i++) {
        if (study.pools[i].problem.count > 0)
            list_blocks(&study.pools[i], options, options->sizes.is_set && is_hakmem(options));
    }
    classes_write(&study, options->format);
    study_close(&study);
}
