/*
 * purge_delay.c - HAKMEM_PURGE_DELAY_MS: with 0 freed memory goes back to the OS without being
 * asked; with a long delay it stays, until malloc_trim takes it.
 */
#include "child.h"
#include "hakmem.h"
#include "resident.h"
#include "test.h"
#include "workload.h"

static int child_main(void) {
    hak_memory_t memory;
    size_t base = resident_bytes();
    for (int round = 0; round < 3; round++) {
        CHECK_EQ(take_and_give_back(33000, 2000), 0);
    }
    size_t kept = resident_bytes() - base;
    HAK_FN(hak_memory_read)(&memory);
    printf("%zu %llu\n", kept / MIB, (unsigned long long)memory.purged_bytes / MIB);
    malloc_trim(0);
    CHECK(resident_bytes() < base + 4 * MIB);
    return 0;
}

static void run(const char *option, size_t *kept_mib, size_t *purged_mib) {
    child_t child = CHILD_RUN("child", option);
    child_expect_success(&child);
    CHECK(sscanf(child.out, "%zu %zu", kept_mib, purged_mib) == 2);
    child_free(&child);
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc > 1) {
        return child_main();
    }
    size_t kept = 0, purged = 0;
    run("HAKMEM_PURGE_DELAY_MS=3600000", &kept, &purged);
    CHECK_MSG(kept >= 50 && purged == 0, "kept %zu MiB, purged %zu MiB", kept, purged);
    run("HAKMEM_PURGE_DELAY_MS=0", &kept, &purged);
    CHECK_MSG(kept <= 16 && purged >= 100, "kept %zu MiB, purged %zu MiB", kept, purged);
    return 0;
}
