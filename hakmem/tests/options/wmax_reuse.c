/*
 * wmax_reuse.c - the use of a high W_MAX: ACE takes the smallest allowed class that has a free
 * block at hand before it grows a smaller one.
 */
#include "child.h"
#include "test.h"
#include "workload.h"

/* One block of 48,000 bytes is freed; then 40,000 bytes are asked for. */
static int reuse(void) {
    void *freed = malloc(48000);
    CHECK(freed);
    free(freed);
    void *block = malloc(40000);
    CHECK(block);
    printf("%s\n", block == freed ? "reused" : "grown");
    printf("%zu\n", malloc_usable_size(block));
    return 0;
}

static void expect(const char *wmax, const char *out) {
    child_t child = CHILD_RUN("reuse", wmax, "HAKMEM_MID_CLASSES=8k,40000,48000");
    child_expect_success(&child);
    CHECK_MSG(strcmp(child.out, out) == 0, "%s: %s", wmax, child.out);
    child_free(&child);
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc > 1) {
        return reuse();
    }
    expect("HAKMEM_WMAX_MID=1.20", "reused\n48000\n");
    expect("HAKMEM_WMAX_MID=1.19", "grown\n40000\n");
    return 0;
}
