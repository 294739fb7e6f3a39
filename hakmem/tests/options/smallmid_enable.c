/*
 * smallmid_enable.c - HAKMEM_SMALLMID_ENABLE=0: the mid pool, and so ACE, serves 1025 B to 8 KiB.
 */
#include "child.h"
#include "test.h"
#include "trace.h"
#include "workload.h"

static size_t failures(const char *bytes, const char *option) {
    const char *const env[] = {"HAKMEM_ACE_TRACE=1", "HAKMEM_WMAX_MID=1.00", option, NULL};
    child_t child = child_run(&(child_setup_t){.env = env}, bytes, "7");
    child_expect_success(&child);
    CHECK(strcmp(child.out, "nulls=0\n") == 0);
    size_t count = trace_count(child.err, "Threshold", "mid");
    CHECK_EQ(trace_count(child.err, "Threshold", NULL), count);
    child_free(&child);
    return count;
}

int main(int argc, char **argv) {
    if (argc > 1) {
        return workload_main(argv[1], argv[2]);
    }
    static const char *const sizes[] = {"1025", "5000", "8190"};
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(failures(sizes[i], "HAKMEM_SMALLMID_ENABLE=0"), 7);
        CHECK_EQ(failures(sizes[i], "HAKMEM_SMALLMID_ENABLE=1"), 0);
    }
    CHECK_EQ(failures("1024", "HAKMEM_SMALLMID_ENABLE=0"), 0);
    CHECK_EQ(failures("8193", "HAKMEM_SMALLMID_ENABLE=1"), 7);
    return 0;
}
