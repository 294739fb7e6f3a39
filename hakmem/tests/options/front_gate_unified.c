/*
 * front_gate_unified.c - HAKMEM_FRONT_GATE_UNIFIED: both ways from size to class give the same
 * results, for every size up to 70,000 bytes and a sample above, whatever the classes are.
 */
#include "child.h"
#include "test.h"
#include "workload.h"

static int child_main(void) {
    for (size_t bytes = 0; bytes <= 70000; bytes++) {
        printf("%zu\n", usable_for(bytes));
    }
    for (size_t bytes = 70001; bytes < 5 * MIB; bytes += 4099) {
        printf("%zu\n", usable_for(bytes));
    }
    return 0;
}

static void expect_same(const char *option) {
    child_t unified = CHILD_RUN("child", "HAKMEM_FRONT_GATE_UNIFIED=1", option);
    child_t tiers = CHILD_RUN("child", "HAKMEM_FRONT_GATE_UNIFIED=0", option);
    child_expect_success(&unified);
    child_expect_success(&tiers);
    CHECK(strlen(unified.out) > 300000);
    CHECK_MSG(strcmp(unified.out, tiers.out) == 0, "with %s", option);
    child_free(&unified);
    child_free(&tiers);
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc > 1) {
        return child_main();
    }
    expect_same("HAKMEM_WMAX_MID=1.60");
    expect_same("HAKMEM_WMAX_MID=1.05");
    expect_same("HAKMEM_SMALLMID_ENABLE=0");
    expect_same("HAKMEM_MID_CLASSES=8k,16k,32k,33024,40k,52k");
    return 0;
}
