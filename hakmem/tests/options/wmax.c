/*
 * wmax.c - HAKMEM_WMAX_MID and HAKMEM_WMAX_LARGE: a class serves exactly the requests with
 * class <= W_MAX * request.
 *
 * For each W_MAX from 1.01 to 1.99, a class is made that lies exactly on the bound for one request:
 * that request must get it, and the request one byte smaller must be a Threshold failure. Any
 * drift of a floating-point product would show on some of them.
 */
#include "child.h"
#include "test.h"
#include "trace.h"
#include "workload.h"

#include <stdbool.h>

enum { MID_REQUEST = 25600, LARGE_REQUEST = 409600 };

/* The child: the request on the bound, then the one below it; prints both usable sizes. */
static int two_requests(size_t bytes) {
    size_t on_bound = usable_for(bytes);
    size_t below = usable_for(bytes - 1);
    printf("%zu %zu\n", on_bound, below);
    return 0;
}

static void check_bound(const char *mode, const char *pool, const char *const *env, size_t request,
                        size_t class_bytes, const char *wmax) {
    child_t child = child_run(&(child_setup_t){.env = env}, mode, NULL);
    child_expect_success(&child);
    size_t on_bound = 0, below = 0;
    CHECK(sscanf(child.out, "%zu %zu", &on_bound, &below) == 2);
    CHECK_MSG(on_bound == class_bytes, "wmax %s: %zu, expected %zu", wmax, on_bound, class_bytes);
    CHECK_MSG(below < request + 4096, "wmax %s: %zu is not page-exact", wmax, below);
    trace_line_t line;
    CHECK_MSG(trace_read(child.err, &line, 1) == 1, "wmax %s: %s", wmax, child.err);
    CHECK(strcmp(line.reason, "Threshold") == 0 && strcmp(line.pool, pool) == 0);
    CHECK(line.size == request - 1 && line.class_bytes == class_bytes);
    CHECK_MSG(strcmp(line.wmax, wmax) == 0, "%s, expected %s", line.wmax, wmax);
    child_free(&child);
}

static void every_bound(void) {
    for (unsigned percent = 101; percent < 200; percent++) {
        char wmax[8], option[48], classes[64];
        snprintf(wmax, sizeof wmax, "%u.%02u", percent / 100, percent % 100);
        size_t class_bytes = MID_REQUEST / 100 * percent;
        snprintf(option, sizeof option, "HAKMEM_WMAX_MID=%s", wmax);
        snprintf(classes, sizeof classes, "HAKMEM_MID_CLASSES=8k,16k,%zu,56k", class_bytes);
        const char *const mid[] = {"HAKMEM_ACE_TRACE=1", option, classes, NULL};
        check_bound("mid", "mid", mid, MID_REQUEST, class_bytes, wmax);

        class_bytes = LARGE_REQUEST / 100 * percent;
        snprintf(option, sizeof option, "HAKMEM_WMAX_LARGE=%s", wmax);
        snprintf(classes, sizeof classes, "HAKMEM_LARGE_CLASSES=64k,128k,%zu,2m", class_bytes);
        const char *const large[] = {"HAKMEM_ACE_TRACE=1", option, classes, NULL};
        check_bound("large", "large", large, LARGE_REQUEST, class_bytes, wmax);
    }
}

/* Each bound governs its own pool only. */
static void bounds_are_separate(void) {
    child_t child = CHILD_RUN("33000", "HAKMEM_ACE_TRACE=1", "HAKMEM_WMAX_LARGE=1.01");
    child_expect_success(&child);
    CHECK_EQ(trace_count(child.err, "Threshold", NULL), 0);
    child_free(&child);
    child = CHILD_RUN("409600", "HAKMEM_ACE_TRACE=1", "HAKMEM_WMAX_MID=1.01",
                      "HAKMEM_LARGE_CLASSES=64k,512k");
    child_expect_success(&child);
    CHECK_EQ(trace_count(child.err, "Threshold", NULL), 0);
    child_free(&child);
}

/* At 1.00 only a request of exactly a class's size is served. */
static void no_waste_allowed(void) {
    child_t child = CHILD_RUN("40960", "HAKMEM_ACE_TRACE=1", "HAKMEM_WMAX_MID=1.00");
    child_expect_success(&child);
    CHECK_EQ(trace_count(child.err, "Threshold", NULL), 0);
    child_free(&child);
    child = CHILD_RUN("40959", "HAKMEM_ACE_TRACE=1", "HAKMEM_WMAX_MID=1.00");
    child_expect_success(&child);
    CHECK_EQ(trace_count(child.err, "Threshold", "mid"), 1);
    child_free(&child);
}

int main(int argc, char **argv) {
    if (argc > 1) {
        bool pair = strcmp(argv[1], "mid") == 0 || strcmp(argv[1], "large") == 0;
        return pair ? two_requests(argv[1][0] == 'm' ? MID_REQUEST : LARGE_REQUEST)
                    : workload_main(argv[1], "1");
    }
    every_bound();
    bounds_are_separate();
    no_waste_allowed();
    return 0;
}
