/*
 * classes_write.c - tables as text, JSON, or the lines that configure an allocator.
 */
#include "classes.h"

#include "shared/die.h"

#include <inttypes.h>
#include <string.h>

enum { KIB = 1024 };

static double wmax_of(const pool_t *pool) {
    return (double)pool->problem.wmax / (double)CLASS_RATIO_ONE;
}

/* ---- lines ---- */

static void print_hakmem(const study_t *study) {
    static const char *const names[] = {"MID", "LARGE"};
    for (unsigned i = 0; i < study->pool_count; i++) {
        const pool_t *pool = &study->pools[i];
        if (pool->problem.count == 0)
            continue;
        printf("HAKMEM_%s_CLASSES=", names[i]);
        for (unsigned b = 0; b < pool->block_count; b++)
            printf("%s%" PRIu64, b == 0 ? "" : ",", pool->blocks[b]);
        printf("\n");
        if (study->says_wmax)
            printf("HAKMEM_WMAX_%s=%.4f\n", names[i], wmax_of(pool));
    }
    if (study->has_low_mid)
        printf("HAKMEM_SMALLMID_ENABLE=0\n");
}

static void print_memcached(const study_t *study) {
    const pool_t *pool = &study->pools[0];
    printf("-o slab_sizes=");
    for (unsigned b = 0; b < pool->block_count; b++)
        printf("%s%" PRIu64, b == 0 ? "" : "-", pool->blocks[b]);
    printf("\n");
}

static unsigned log2_up(uint64_t value) {
    unsigned log = 0;
    while (UINT64_C(1) << log < value)
        log++;
    return log;
}

static void print_scudo(const study_t *study) {
    const pool_t *pool = &study->pools[0];
    unsigned column = 0;
    printf("struct TracedSizeClassConfig {\n"
           "  static const uptr NumBits = %d;\n"
           "  static const uptr MinSizeLog = 4;\n"
           "  static const uptr MidSizeLog = %d;\n"
           "  static const uptr MaxSizeLog = %u;\n"
           "  static const u16 MaxNumCachedHint = 14;\n"
           "  static const uptr MaxBytesCachedLog = 13;\n"
           "  static const uptr SizeDelta = %d;\n"
           "  static constexpr u32 Classes[] = {",
           SCUDO_BITS, SCUDO_MID_LOG, log2_up(pool->blocks[pool->block_count - 1] - SCUDO_HEADER),
           SCUDO_HEADER);
    for (unsigned b = 1; b <= SCUDO_LINEAR; b++)
        printf("%s0x%05x,", column++ % 8 == 0 ? "\n      " : " ", 16 * b + SCUDO_HEADER);
    for (unsigned b = 0; b < pool->block_count; b++)
        printf("%s0x%05" PRIx64 ",", column++ % 8 == 0 ? "\n      " : " ", pool->blocks[b]);
    printf("\n  };\n};\n");
}

/* ---- text ---- */

static const char *proof_name(class_proof_t proof) {
    static const char *const names[] = {
        [PROOF_NONE] = "none", [PROOF_ALL_PAIRS] = "all pairs", [PROOF_LAGRANGE] = "price a class"};
    return names[proof];
}

static double cost_of(const pool_t *pool, int64_t cost) {
    return (double)cost * pool->problem.unit;
}

static void print_proof(const pool_t *pool) {
    const class_table_t *table = &pool->table;
    printf("cost %.6g, computed again from the sizes %.6g", cost_of(pool, table->cost),
           cost_of(pool, table->evaluated));
    if (table->proof == PROOF_NONE)
        printf(", no lower bound\n");
    else
        printf(", lower bound %.6g (%s), gap %.3g\n", cost_of(pool, table->bound),
               proof_name(table->proof), cost_of(pool, table->evaluated - table->bound));
}

static void print_class(const study_t *study, const pool_t *pool, uint32_t t) {
    const class_table_t *table = &pool->table;
    const class_place_t *place = &pool->problem.places[table->places[t]];
    class_parts_t parts = study_parts(study, pool, table->places, table->count, t, t + 1);
    class_carve_t carve = pool->layout->carve(place->block_bytes);
    uint32_t first = t == 0 ? 1 : table->places[t - 1] + 1;
    while (pool->problem.places[first].least_bytes == 0)
        first++;
    printf("%10" PRIu64 " %10" PRIu64 " %12.1f %10.1f %8.2f %10.1f %8" PRIu64 "\n",
           place->block_bytes, pool->problem.places[first].least_bytes, parts.live / KIB,
           parts.waste / KIB, percent_of(parts.waste, parts.live), (parts.tails + parts.idle) / KIB,
           carve.blocks);
}

static void print_pool(const study_t *study, const pool_t *pool) {
    const class_table_t *table = &pool->table;
    class_parts_t all = study_parts(study, pool, table->places, table->count, 0, table->count);
    printf("\n%s: %" PRIu32 " classes for %" PRIu64 " sizes", pool->layout->name, table->count,
           pool->problem.own_sizes);
    if (pool->problem.wmax != CLASS_NO_BOUND)
        printf(", W_MAX %.4g", wmax_of(pool));
    printf("\n%10s %10s %12s %10s %8s %10s %8s\n", "block", "from size", "live KiB", "waste KiB",
           "%", "slabs KiB", "a slab");
    for (uint32_t t = 0; t < table->count; t++)
        print_class(study, pool, t);
    printf("%10s %10s %12.1f %10.1f %8.2f %10.1f\n", "all", "", all.live / KIB, all.waste / KIB,
           percent_of(all.waste, all.live), (all.tails + all.idle) / KIB);
    print_proof(pool);
}

static void print_text(const study_t *study) {
    printf("%s: %" PRIu64 " sizes; costs in %s, columns in the mean over them\n", study->path,
           study->sizes.count, sizes_unit_name(study->sizes.unit));
    for (unsigned i = 0; i < study->pool_count; i++) {
        if (study->pools[i].problem.count > 0)
            print_pool(study, &study->pools[i]);
    }
    printf("\n");
    print_hakmem(study);
}

/* ---- JSON ---- */

json_t *classes_pool_json(const study_t *study, const pool_t *pool) {
    const class_table_t *table = &pool->table;
    class_parts_t all = study_parts(study, pool, table->places, table->count, 0, table->count);
    json_t *classes = json_array(), *blocks = json_array();
    for (uint32_t t = 0; t < table->count; t++) {
        uint64_t block = pool->problem.places[table->places[t]].block_bytes;
        class_carve_t carve = pool->layout->carve(block);
        class_parts_t parts = study_parts(study, pool, table->places, table->count, t, t + 1);
        json_array_append_new(
            classes, json_pack("{s:I,s:I,s:I,s:f,s:f,s:f,s:f}", "block_bytes", (json_int_t)block,
                               "slab_bytes", (json_int_t)carve.slab_bytes, "slab_blocks",
                               (json_int_t)carve.blocks, "live_bytes", parts.live, "waste_bytes",
                               parts.waste, "tail_bytes", parts.tails, "idle_bytes", parts.idle));
    }
    for (unsigned b = 0; b < pool->block_count; b++)
        json_array_append_new(blocks, json_integer((json_int_t)pool->blocks[b]));
    json_t *object =
        json_pack("{s:s,s:f,s:I,s:f,s:f,s:f,s:f,s:f,s:f,s:s,s:o,s:o}", "pool", pool->layout->name,
                  "wmax", wmax_of(pool), "sizes", (json_int_t)pool->problem.own_sizes, "live_bytes",
                  all.live, "waste_bytes", all.waste, "slab_bytes", all.tails + all.idle, "cost",
                  cost_of(pool, table->cost), "cost_again", cost_of(pool, table->evaluated),
                  "lower_bound", cost_of(pool, table->bound), "proof", proof_name(table->proof),
                  "classes", classes, "list", blocks);
    if (table->proof == PROOF_NONE)
        json_object_set_new(object, "lower_bound", json_null());
    return object;
}

static void print_json(const study_t *study) {
    json_t *pools = json_array();
    for (unsigned i = 0; i < study->pool_count; i++) {
        if (study->pools[i].problem.count > 0)
            json_array_append_new(pools, classes_pool_json(study, &study->pools[i]));
    }
    json_t *object = json_pack("{s:s,s:s,s:o}", "file", study->path, "cost_unit",
                               sizes_unit_name(study->sizes.unit), "pools", pools);
    if (object == NULL)
        die("%s: the name is not UTF-8", study->path);
    json_dumpf(object, stdout, JSON_INDENT(1));
    printf("\n");
    json_decref(object);
}

void classes_write(const study_t *study, const char *format) {
    static const struct {
        const char *name;
        void (*print)(const study_t *study);
    } formats[] = {{"text", print_text},
                   {"json", print_json},
                   {"hakmem", print_hakmem},
                   {"memcached", print_memcached},
                   {"scudo", print_scudo}};
    for (unsigned i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (strcmp(format, formats[i].name) == 0)
            formats[i].print(study);
    }
}
