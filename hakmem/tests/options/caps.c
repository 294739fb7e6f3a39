/*
 * caps.c - HAKMEM_CAP_MID and HAKMEM_CAP_LARGE bound the pools, each its own; freed blocks make
 * room again; sizes take k, m and g.
 */
#include "child.h"
#include "stats.h"
#include "test.h"
#include "trace.h"
#include "workload.h"

static child_t run(const char *bytes, const char *cap) {
    const char *const env[] = {"HAKMEM_ACE_TRACE=1", cap, NULL};
    child_t child = child_run(&(child_setup_t){.env = env}, bytes, "200");
    child_expect_success(&child);
    CHECK(strcmp(child.out, "nulls=0\nnulls=0\n") == 0);
    return child;
}

static void expect_exhaustion(const char *bytes, const char *cap, const char *pool, size_t least) {
    child_t child = run(bytes, cap);
    size_t count = trace_count(child.err, "Exhaustion", pool);
    /* the second round finds the blocks of the first */
    CHECK_MSG(count >= 2 * least && count < 400, "%s, %s: %zu", bytes, cap, count);
    CHECK_EQ(trace_count(child.err, "Exhaustion", NULL), count);
    child_free(&child);
}

static void expect_none(const char *bytes, const char *cap) {
    child_t child = run(bytes, cap);
    CHECK_EQ(trace_count(child.err, "Exhaustion", NULL), 0);
    child_free(&child);
}

int main(int argc, char **argv) {
    if (argc > 1) {
        workload_main(argv[1], argv[2]);
        return workload_main(argv[1], argv[2]);
    }
    expect_exhaustion("33000", "HAKMEM_CAP_MID=4m", "mid", 200 - 127);
    expect_exhaustion("33000", "HAKMEM_CAP_MID=4096k", "mid", 200 - 127);
    expect_exhaustion("33000", "HAKMEM_CAP_MID=4194304", "mid", 200 - 127);
    expect_none("33000", "HAKMEM_CAP_MID=1g");
    expect_none("33000", "HAKMEM_CAP_MID=none");
    expect_exhaustion("100000", "HAKMEM_CAP_LARGE=8m", "large", 200 - 83);
    expect_none("100000", "HAKMEM_CAP_LARGE=1g");
    expect_none("33000", "HAKMEM_CAP_LARGE=1m");
    expect_none("100000", "HAKMEM_CAP_MID=1m");
    return 0;
}
