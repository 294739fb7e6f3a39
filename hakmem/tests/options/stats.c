/*
 * stats.c - HAKMEM_STATS: the JSON at exit has every promised key, to a path and to stderr, and its
 * figures are those of what the program did.
 */
#include "child.h"
#include "stats.h"
#include "test.h"
#include "workload.h"

#include <malloc.h>

static const char *const keys[] = {"version",
                                   "options",
                                   "bypass.active",
                                   "bypass.reason",
                                   "ace.totals.threshold",
                                   "ace.totals.exhaustion",
                                   "ace.totals.mapfail",
                                   "ace.failures",
                                   "pools",
                                   "memory.live_bytes",
                                   "memory.requested_bytes",
                                   "memory.cached_bytes",
                                   "memory.metadata_bytes",
                                   "memory.mapped_bytes",
                                   "memory.purged_bytes",
                                   "memory.cold_bytes",
                                   "memory.tail_bytes",
                                   "memory.overhang_bytes"};
static const char *const cached[] = {"memory.magazine_bytes", "memory.depot_bytes",
                                     "memory.warm_bytes", "memory.quarantine_bytes",
                                     "memory.dirty_bytes"};

/* Leaves 1000 blocks of 33,000 bytes alive, one Threshold failure, and none of 15,000. */
static int child_main(void) {
    void *volatile block_before = malloc(15000);
    CHECK(block_before);
    free(block_before);
    malloc_trim(0);
    for (int i = 0; i < 1000; i++) {
        void *block = malloc(33000);
        CHECK(block);
        memset(block, 1, 33000);
    }
    CHECK(malloc(17000));
    return 0;
}

/* The classes of the mid pool that were used, whether or not they have slabs now. */
static void check_mid_classes(const json_t *stats) {
    const json_t *pool, *classes = NULL;
    size_t i;
    json_array_foreach(stats_get(stats, "pools"), i, pool) {
        classes =
            strcmp(stats_string(pool, "name"), "mid") == 0 ? stats_get(pool, "classes") : classes;
    }
    CHECK_EQ(json_array_size(classes), 2);
    CHECK_EQ(stats_u64(json_array_get(classes, 0), "class_bytes"), 16384);
    CHECK_EQ(stats_u64(json_array_get(classes, 0), "blocks"), 0);
    CHECK_EQ(stats_u64(json_array_get(classes, 1), "class_bytes"), 33024);
    CHECK(stats_u64(json_array_get(classes, 1), "blocks") >= 1000);
}

static void check_parts_of_cached(const json_t *stats) {
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof cached / sizeof cached[0]; i++) {
        sum += stats_u64(stats, cached[i]);
    }
    CHECK_EQ(sum, stats_u64(stats, "memory.cached_bytes"));
}

static void check_stats(const json_t *stats) {
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        stats_get(stats, keys[i]);
    }
    CHECK(json_is_false(stats_get(stats, "bypass.active")));
    CHECK(json_is_null(stats_get(stats, "bypass.reason")));
    CHECK(json_is_object(stats_get(stats, "options")));
    CHECK(json_array_size(stats_get(stats, "pools")) >= 2);
    CHECK_EQ(stats_u64(stats, "ace.totals.threshold"), 1);
    const json_t *row = json_array_get(stats_get(stats, "ace.failures"), 0);
    CHECK(strcmp(stats_string(row, "reason"), "Threshold") == 0);
    CHECK(strcmp(stats_string(row, "pool"), "mid") == 0);
    CHECK_EQ(stats_u64(row, "class_bytes"), 33024);
    CHECK_EQ(stats_u64(row, "bytes"), 17000);
    uint64_t live = stats_u64(stats, "memory.live_bytes");
    CHECK_MSG(live >= 33000 * 1000 && live <= 35 * MIB, "live %llu", (unsigned long long)live);
    uint64_t requested = stats_u64(stats, "memory.requested_bytes");
    CHECK_MSG(requested >= 25 * MIB && requested <= live, "requested %llu, live %llu",
              (unsigned long long)requested, (unsigned long long)live);
    CHECK(stats_u64(stats, "memory.mapped_bytes") >= live);
    check_mid_classes(stats);
    check_parts_of_cached(stats);
}

/* A file that cannot be written is said, and is no failure of the program. */
static void unwritable_is_said(void) {
    child_t child = CHILD_RUN("child", "HAKMEM_STATS=/proc/self/no/such");
    child_expect_success(&child);
    CHECK_MSG(strcmp(child.err, "[hakmem] HAKMEM_STATS=/proc/self/no/such: cannot be written, "
                                "errno 2\n") == 0,
              "%s", child.err);
    child_free(&child);
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc > 1) {
        return child_main();
    }
    const char *const classes = "HAKMEM_MID_CLASSES=8k,16k,33024,52k";
    child_t child = CHILD_RUN("child", "HAKMEM_STATS=-", classes);
    child_expect_success(&child);
    json_t *stats = stats_parse(child.err);
    check_stats(stats);
    json_decref(stats);
    child_free(&child);

    char option[128];
    const char *path = temp_path();
    snprintf(option, sizeof option, "HAKMEM_STATS=%s", path);
    child = CHILD_RUN("child", option, classes);
    child_expect_success(&child);
    CHECK_MSG(child.err[0] == '\0', "%s", child.err);
    stats = stats_load(path);
    check_stats(stats);
    json_decref(stats);
    child_free(&child);
    unwritable_is_said();
    return 0;
}
