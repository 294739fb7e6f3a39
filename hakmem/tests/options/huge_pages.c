/*
 * huge_pages.c - HAKMEM_HUGE_PAGES: a large heap that is touched whole grows by huge pages, where
 * the kernel has them; one of which little is touched does not, and none does with 0.
 */
#include "child.h"
#include "resident.h"
#include "test.h"

#include <string.h>

enum { BLOCKS = 6000, BLOCK_BYTES = 32 * 1024 };

/* Of all mappings. */
static size_t huge_bytes(void) {
    char line[256];
    size_t kib = 0, one;
    FILE *file = fopen("/proc/self/smaps", "r");
    CHECK(file);
    while (fgets(line, sizeof line, file)) {
        kib += sscanf(line, "AnonHugePages: %zu kB", &one) == 1 ? one : 0;
    }
    fclose(file);
    return kib * KIB;
}

/* Of mappings for which huge pages are asked. */
static size_t advised_bytes(void) {
    char line[512];
    size_t kib = 0, size = 0;
    FILE *file = fopen("/proc/self/smaps", "r");
    CHECK(file);
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "Size: %zu kB", &size) != 1 && strncmp(line, "VmFlags:", 8) == 0) {
            kib += strstr(line, " hg") != NULL ? size : 0;
        }
    }
    fclose(file);
    return kib * KIB;
}

/* Every tenth block stays, so that each huge page has a page in use. khugepaged would fill it up
 * again if advice stayed. Prints what is advised on before and after. */
static int drain_main(void) {
    static char *blocks[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(BLOCK_BYTES);
        CHECK(blocks[i]);
        memset(blocks[i], 1, BLOCK_BYTES);
    }
    printf("%zu", advised_bytes() / MIB);
    for (int i = 0; i < BLOCKS; i++) {
        if (i % 10 != 0) {
            free(blocks[i]);
        }
    }
    malloc_trim(0);
    printf(" %zu\n", advised_bytes() / MIB);
    return 0;
}

/* Prints what is resident, and in huge pages, of 188 MiB of which `touched` bytes of each block
 * are written. */
static int child_main(size_t touched) {
    static char *blocks[BLOCKS];
    size_t base = resident_bytes();
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(BLOCK_BYTES);
        CHECK(blocks[i]);
        memset(blocks[i], 1, touched);
    }
    size_t resident = resident_bytes() - base;
    printf("%zu %zu\n", resident / MIB, huge_bytes() / MIB);
    for (int i = 0; i < BLOCKS; i++) {
        free(blocks[i]);
    }
    return 0;
}

static void run(const char *touched, const char *option, size_t *resident_mib, size_t *huge_mib) {
    child_t child = CHILD_RUN(touched, option);
    child_expect_success(&child);
    CHECK(sscanf(child.out, "%zu %zu", resident_mib, huge_mib) == 2);
    child_free(&child);
}

/* "always", "madvise" or "never". */
static int kernel_says(const char *word) {
    char text[64] = "";
    FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "r");
    if (!file) {
        return 0;
    }
    int got = fgets(text, sizeof text, file) != NULL;
    fclose(file);
    return got && strstr(text, word) != NULL;
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "drain") == 0) {
        return drain_main();
    }
    if (argc > 1) {
        return child_main(strtoull(argv[1], NULL, 10));
    }
    size_t whole = (size_t)BLOCKS * BLOCK_BYTES / MIB, resident, huge;
    run("32768", "HAKMEM_HUGE_PAGES=1", &resident, &huge);
    CHECK_MSG(!kernel_says("[madvise]") || huge >= whole / 3, "%zu of %zu MiB are huge", huge,
              whole);
    CHECK_MSG(resident <= whole + whole / 32, "%zu of %zu MiB are resident", resident, whole);
    run("1", "HAKMEM_HUGE_PAGES=1", &resident, &huge);
    CHECK_MSG(resident <= whole / 4, "of one byte a block %zu MiB are resident", resident);
    size_t advised, still_advised;
    run("drain", "HAKMEM_HUGE_PAGES=1", &advised, &still_advised);
    CHECK_MSG(kernel_says("[never]") || !kernel_says("never") || advised > 0, "nothing is advised");
    CHECK_MSG(still_advised == 0, "%zu MiB are still advised after a drain", still_advised);
    run("32768", "HAKMEM_HUGE_PAGES=0", &resident, &huge);
    CHECK_MSG(resident <= whole + whole / 32, "%zu of %zu MiB are resident", resident, whole);
    CHECK_MSG(kernel_says("[always]") || huge == 0,
              "without being asked for %zu of %zu MiB are huge", huge, whole);
    return 0;
}
