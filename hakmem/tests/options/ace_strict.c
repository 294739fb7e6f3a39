/*
 * ace_strict.c - HAKMEM_ACE_STRICT=1 turns the direct path off: calloc, realloc and aligned
 * requests fail like malloc does, realloc keeps its block, and requests above the pools still work.
 */
#include "child.h"
#include "test.h"
#include "workload.h"

static int child_main(void) {
    void *kept = malloc(40960);
    CHECK(kept);
    memset(kept, 7, 40960);
    errno = 0;
    CHECK(malloc(33000) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(calloc(1, 33000) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(realloc(NULL, 33000) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(aligned_alloc(64, 33000) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(realloc(kept, 50000) == NULL && errno == ENOMEM);
    for (int i = 0; i < 40960; i++) {
        CHECK(((unsigned char *)kept)[i] == 7);
    }
    free(kept);
    CHECK(take_and_give_back(100, 10) == 0);
    CHECK(take_and_give_back(5 * MIB, 2) == 0);
    return 0;
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc > 1) {
        return child_main();
    }
    child_t child = CHILD_RUN("child", "HAKMEM_ACE_STRICT=1", "HAKMEM_WMAX_MID=1.01",
                              "HAKMEM_MID_CLASSES=8k,16k,40k,52k");
    child_expect_success(&child);
    child_free(&child);
    /* the same requests are served without it */
    child = CHILD_RUN("child", "HAKMEM_ACE_STRICT=0", "HAKMEM_WMAX_MID=1.01",
                      "HAKMEM_MID_CLASSES=8k,16k,40k,52k");
    CHECK(child.exit_code == 1 && strstr(child.err, "malloc(33000) == "));
    child_free(&child);
    return 0;
}
