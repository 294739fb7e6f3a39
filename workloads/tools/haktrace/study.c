/*
 * study.c - see study.h.
 */
#include "study.h"

#include "sizes_load.h"

#include "shared/die.h"

#include <inttypes.h>
#include <string.h>

enum { HAKMEM_WMAX_MOST = 4000000, SMALLMID_MOST = 8192 };

bool study_is_hakmem(const options_t *options) {
    return strcmp(options->format, "memcached") != 0 && strcmp(options->format, "scudo") != 0;
}

uint64_t study_wmax(const options_t *options, const class_layout_t *layout) {
    uint64_t wmax = options->has_wmax ? options->wmax : layout->wmax;
    bool is_free = wmax == CLASS_NO_BOUND || wmax > HAKMEM_WMAX_MOST;
    return is_free && study_is_hakmem(options) ? HAKMEM_WMAX_MOST : wmax;
}

static void add_pool(study_t *study, const options_t *options, const class_layout_t *layout) {
    pool_t *pool = &study->pools[study->pool_count++];
    uint64_t low = options->sizes.is_set ? options->sizes.from : 0;
    uint64_t high = options->sizes.is_set ? options->sizes.to : UINT64_MAX;
    pool->layout = layout;
    problem_open(&study->sizes, layout, low, high, study_wmax(options, layout), &pool->problem);
}

void study_of_sizes(const char *path, const options_t *options, const sizes_t *sizes,
                    study_t *out) {
    memset(out, 0, sizeof *out);
    out->path = path;
    out->says_wmax = options->has_wmax;
    out->sizes = *sizes;
    if (strcmp(options->format, "memcached") == 0) {
        add_pool(out, options, &layout_memcached);
    } else if (strcmp(options->format, "scudo") == 0) {
        add_pool(out, options, &layout_scudo);
    } else {
        out->has_low_mid = options->sizes.is_set && options->sizes.from <= SMALLMID_MOST;
        add_pool(out, options, out->has_low_mid ? &layout_mid_low : &layout_mid);
        add_pool(out, options, &layout_large);
    }
}

void study_check(const study_t *study, const options_t *options) {
    uint64_t count = 0;
    for (unsigned i = 0; i < study->pool_count; i++)
        count += study->pools[i].problem.count;
    if (count == 0)
        die("%s: none of its %" PRIu64 " sizes lies in the range, %" PRIu64 " to %" PRIu64
            " bytes here",
            study->path, study->sizes.count,
            options->sizes.is_set ? options->sizes.from : study->pools[0].layout->request_least,
            options->sizes.is_set ? options->sizes.to
                                  : study->pools[study->pool_count - 1].layout->request_most);
}

void study_open(const char *path, const options_t *options, study_t *out) {
    sizes_t sizes;
    sizes_load(path, options->at_peak, &sizes);
    study_of_sizes(path, options, &sizes, out);
    study_check(out, options);
}

void study_share(const study_t *study, share_pool_t *out) {
    for (unsigned i = 0; i < study->pool_count; i++)
        out[i] = (share_pool_t){&study->pools[i].problem, study->pools[i].layout->classes_most};
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
