/*
 * cap_counts_no_cache.c - HAKMEM_CAP_MID, HAKMEM_CAP_LARGE: Exhaustion means that the pool is
 * empty. What is merely cached of other classes gives way before a request is refused.
 */
#include "child.h"
#include "test.h"

#include <string.h>

enum { CAP_BYTES = 4 << 20 };

/* Fills half the cap with blocks of one size after another, and lets go of all of them. */
static int fill_in_turn(const size_t *sizes, size_t count) {
    static void *blocks[CAP_BYTES / 8192];
    for (size_t i = 0; i < count; i++) {
        size_t fits = CAP_BYTES / 2 / (sizes[i] + sizes[i] / 8);
        for (size_t k = 0; k < fits; k++) {
            blocks[k] = malloc(sizes[i]);
            CHECK_MSG(blocks[k], "block %zu of %zu bytes", k, sizes[i]);
        }
        for (size_t k = 0; k < fits; k++) {
            free(blocks[k]);
        }
    }
    return 0;
}

static int child_main(void) {
    static const size_t mid[] = {9000, 16000, 24000, 33000, 50000};
    static const size_t large[] = {65536, 80000, 100000, 130000, 180000, 250000};
    return fill_in_turn(mid, sizeof mid / sizeof mid[0]) ||
           fill_in_turn(large, sizeof large / sizeof large[0]);
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc > 1) {
        return child_main();
    }
    child_t child = CHILD_RUN("child", "HAKMEM_CAP_MID=4m", "HAKMEM_CAP_LARGE=4m",
                              "HAKMEM_ACE_STRICT=1", "HAKMEM_ACE_TRACE=1");
    child_expect_success(&child);
    CHECK_MSG(strstr(child.err, "[ACE-FAIL]") == NULL, "%s", child.err);
    child_free(&child);
    return 0;
}
