/*
 * test_ace_trace.c - ACE's three failures, shown on requests of 33 KB: what the caller gets, the
 * lines of the trace, and the counters, which must agree with each other.
 *
 * Threshold by a W_MAX of 1.01, Exhaustion by a cap on the mid pool, MapFail by RLIMIT_AS. The
 * options are those that hide 33 KB requests from ACE unless they are set as here.
 */
#include "child.h"
#include "stats.h"
#include "test.h"
#include "trace.h"
#include "workload.h"

#define FRONT                                                                                      \
    "HAKMEM_FRONT_GATE_UNIFIED=0", "HAKMEM_SMALLMID_ENABLE=0", "HAKMEM_FORCE_LIBC_ALLOC=0",        \
        "HAKMEM_LD_BLOCK_JEMALLOC=0", "HAKMEM_ACE_TRACE=1"
#define WMAX(ratio_mid, ratio_large) "HAKMEM_WMAX_MID=" ratio_mid, "HAKMEM_WMAX_LARGE=" ratio_large

enum { ROOM = 4096 };
static trace_line_t lines[ROOM];
static char stats_option[128];

/* The child of the MapFail test: takes 33,000 bytes until the OS has no more, is refused three
 * times in a row, gives everything back and can work on. Chained through the blocks, since a
 * table of them would be memory as well. */
static int exhaust_address_space(void) {
    void **chain = NULL;
    unsigned long count = 0, nulls = 0;
    while (nulls < 3) {
        errno = 0;
        void **block = malloc(33000);
        if (!block) {
            CHECK_EQ(errno, ENOMEM);
            nulls++;
            continue;
        }
        CHECK_MSG(nulls == 0, "served after %lu refusals", nulls);
        *block = chain;
        chain = block;
        count++;
    }
    while (chain) {
        void **next = *chain;
        free(chain);
        chain = next;
    }
    CHECK_EQ(take_and_give_back(33000, 100), 0);
    printf("count=%lu\nnulls=%lu\n", count, nulls);
    return 0;
}

/* The counters of the child against its lines, in total and row by row. */
static json_t *check_counters(const child_t *child) {
    json_t *stats = stats_load(strchr(stats_option, '=') + 1);
    static const char *const reasons[] = {"Threshold", "Exhaustion", "MapFail"};
    static const char *const totals[] = {"ace.totals.threshold", "ace.totals.exhaustion",
                                         "ace.totals.mapfail"};
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(stats_u64(stats, totals[i]), trace_count(child->err, reasons[i], NULL));
        CHECK_EQ(stats_failures(stats, reasons[i], "mid", "count"),
                 trace_count(child->err, reasons[i], "mid"));
    }
    return stats;
}

static void threshold(void) {
    child_t child = CHILD_RUN("take-10", FRONT, WMAX("1.01", "1.01"), stats_option);
    child_expect_success(&child);
    size_t count = trace_read(child.err, lines, ROOM);
    CHECK_EQ(count, 10);
    for (size_t i = 0; i < count; i++) {
        CHECK(strcmp(lines[i].reason, "Threshold") == 0 && strcmp(lines[i].pool, "mid") == 0);
        CHECK(strcmp(lines[i].wmax, "1.01") == 0);
        CHECK_EQ(lines[i].size, 33000);
        CHECK(lines[i].class_bytes > 33330);
    }
    CHECK(strcmp(child.out, "nulls=0\n") == 0);
    json_t *stats = check_counters(&child);
    const json_t *row = json_array_get(stats_get(stats, "ace.failures"), 0);
    CHECK_EQ(stats_u64(row, "class_bytes"), lines[0].class_bytes);
    CHECK_EQ(stats_u64(row, "bytes"), 10 * 33000);
    CHECK_EQ(stats_u64(row, "min_request_bytes"), 33000);
    CHECK_EQ(stats_u64(row, "max_request_bytes"), 33000);
    json_decref(stats);
    child_free(&child);
}

static void nothing_with_the_defaults(void) {
    child_t child = CHILD_RUN("take-10", FRONT, WMAX("1.60", "1.30"), stats_option);
    child_expect_success(&child);
    CHECK_MSG(child.err[0] == '\0', "%s", child.err);
    json_t *stats = check_counters(&child);
    CHECK_EQ(json_array_size(stats_get(stats, "ace.failures")), 0);
    json_decref(stats);
    child_free(&child);
}

static void exhaustion(void) {
    child_t child =
        CHILD_RUN("take-300", FRONT, WMAX("1.60", "1.30"), "HAKMEM_CAP_MID=4m", stats_option);
    child_expect_success(&child);
    CHECK(strcmp(child.out, "nulls=0\n") == 0);
    size_t count = trace_read(child.err, lines, ROOM);
    /* 4 MiB hold at most 127 blocks of 33,000 bytes, and should hold about that many */
    CHECK_MSG(count >= 300 - 127 && count <= 300 - 80, "%zu lines", count);
    for (size_t i = 0; i < count; i++) {
        CHECK(strcmp(lines[i].reason, "Exhaustion") == 0 && strcmp(lines[i].pool, "mid") == 0);
        CHECK(strcmp(lines[i].wmax, "1.60") == 0);
        CHECK_EQ(lines[i].size, 33000);
        CHECK_EQ(lines[i].cap, 4 * MIB);
        CHECK(lines[i].used <= lines[i].cap && lines[i].class_bytes >= 33000);
    }
    json_decref(check_counters(&child));
    child_free(&child);
}

static void map_fail(void) {
    const char *const env[] = {FRONT, WMAX("1.60", "1.30"), stats_option, NULL};
    child_setup_t setup = {.env = env, .address_space_bytes = 512 * MIB};
    child_t child = child_run(&setup, "address-space", NULL);
    child_expect_success(&child);
    unsigned long blocks = 0, nulls = 0;
    CHECK(sscanf(child.out, "count=%lu\nnulls=%lu", &blocks, &nulls) == 2);
    /* most of the address space must have been of use */
    CHECK_MSG(blocks * 33000 >= 300 * MIB, "%lu blocks", blocks);
    size_t count = trace_read(child.err, lines, ROOM);
    CHECK_EQ(count, nulls);
    for (size_t i = 0; i < count; i++) {
        CHECK(strcmp(lines[i].reason, "MapFail") == 0 && strcmp(lines[i].pool, "mid") == 0);
        CHECK_EQ(lines[i].size, 33000);
        CHECK_EQ(lines[i].map_errno, ENOMEM);
        CHECK(lines[i].map >= 33000);
    }
    json_decref(check_counters(&child));
    child_free(&child);
}

static void strict_returns_null(void) {
    child_t child =
        CHILD_RUN("take-10", FRONT, WMAX("1.01", "1.01"), "HAKMEM_ACE_STRICT=1", stats_option);
    child_expect_success(&child);
    CHECK_MSG(strcmp(child.out, "nulls=10\n") == 0, "%s", child.out);
    CHECK_EQ(trace_count(child.err, "Threshold", "mid"), 10);
    json_decref(check_counters(&child));
    child_free(&child);

    child = CHILD_RUN("take-300", FRONT, WMAX("1.60", "1.30"), "HAKMEM_CAP_MID=4m",
                      "HAKMEM_ACE_STRICT=1", stats_option);
    child_expect_success(&child);
    unsigned nulls = 0;
    CHECK(sscanf(child.out, "nulls=%u", &nulls) == 1 && nulls >= 300 - 127 && nulls < 300);
    CHECK_EQ(trace_count(child.err, "Exhaustion", "mid"), nulls);
    json_decref(check_counters(&child));
    child_free(&child);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "address-space") == 0) {
        return exhaust_address_space();
    }
    if (argc > 1) {
        return workload_main("33000", argv[1] + strlen("take-"));
    }
    snprintf(stats_option, sizeof stats_option, "HAKMEM_STATS=%s", temp_path());
    threshold();
    nothing_with_the_defaults();
    exhaustion();
    map_fail();
    strict_returns_null();
    return 0;
}
