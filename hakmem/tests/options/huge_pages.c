/*
 * huge_pages.c - HAKMEM_HUGE_PAGES: a large heap that is touched whole grows by huge pages; a
 * smaller one, one of which little is touched, or of which the kernel does not tell, does not, and
 * none does with 0. What is purged beside pages in use has the advice taken back.
 *
 * What counts is the advice that the kernel is given, which the program notes on its way, so that
 * the kernel's own mode (always, madvise, never) makes no difference: for the process itself huge
 * pages are turned off. Where the kernel has them, one more run shows that it follows the advice.
 */
#include "child.h"
#include "resident.h"
#include "test.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum { BLOCKS = 6000, SMALL = 1900, BLOCK_BYTES = 32 * 1024, RANGES = 256 };
#define HUGE_BYTES (2 * MIB)
#define WHOLE_MIB  ((size_t)BLOCKS * BLOCK_BYTES / MIB)

static struct { uintptr_t start, end; } advised[RANGES]; /* empty: taken back */
static size_t advised_ranges;

/* Advice comes before anything in the range is touched, and in whole huge pages. */
static void note_advice(uintptr_t start, size_t bytes) {
    static unsigned char in_memory[64 * MIB / 4096];
    CHECK(start % HUGE_BYTES == 0 && bytes % HUGE_BYTES == 0 && bytes / 4096 <= sizeof in_memory);
    CHECK(syscall(SYS_mincore, start, bytes, in_memory) == 0);
    CHECK_MSG(memchr(in_memory, 1, bytes / 4096) == NULL, "advice on what is in memory");
    CHECK(advised_ranges < RANGES);
    advised[advised_ranges].start = start;
    advised[advised_ranges++].end = start + bytes;
}

static void note_taken_back(uintptr_t start, size_t bytes) {
    for (size_t i = 0; i < advised_ranges; i++) {
        if (advised[i].start >= start && advised[i].end <= start + bytes) {
            advised[i].start = advised[i].end;
        }
    }
}

int madvise(void *start, size_t bytes, int advice) {
    if (advice == MADV_HUGEPAGE) {
        note_advice((uintptr_t)start, bytes);
    } else if (advice == MADV_NOHUGEPAGE) {
        note_taken_back((uintptr_t)start, bytes);
    }
    return (int)syscall(SYS_madvise, start, bytes, advice);
}

static size_t advised_mib(void) {
    size_t bytes = 0;
    for (size_t i = 0; i < advised_ranges; i++) {
        bytes += advised[i].end - advised[i].start;
    }
    return bytes / MIB;
}

/* Of all mappings. */
static size_t huge_mib(void) {
    char line[256];
    size_t kib = 0, one;
    FILE *file = fopen("/proc/self/smaps", "r");
    CHECK(file);
    while (fgets(line, sizeof line, file)) {
        kib += sscanf(line, "AnonHugePages: %zu kB", &one) == 1 ? one : 0;
    }
    fclose(file);
    return kib / KIB;
}

static bool stays(const char *kind, int i) {
    return strcmp(kind, "holes") == 0 ? i % 10 == 0 : strcmp(kind, "half") == 0 && i < BLOCKS / 2;
}

/* Takes blocks and writes to them, gives back what the kind says. Prints what was resident, advised
 * on and huge when all were there, and what is advised on in the end; MiB. */
static int child_main(const char *kind) {
    static char *blocks[BLOCKS];
    int count = strcmp(kind, "small") == 0 ? SMALL : BLOCKS;
    size_t touched = strcmp(kind, "one byte") == 0 ? 1 : BLOCK_BYTES;
    size_t base = resident_bytes();
    for (int i = 0; i < count; i++) {
        blocks[i] = malloc(BLOCK_BYTES);
        CHECK(blocks[i]);
        memset(blocks[i], 1, touched);
    }
    size_t resident = resident_bytes() - base;
    printf("%zu %zu %zu ", resident / MIB, advised_mib(), huge_mib());
    for (int i = 0; i < count; i++) {
        if (!stays(kind, i)) {
            free(blocks[i]);
        }
    }
    malloc_trim(0);
    printf("%zu\n", advised_mib());
    return 0;
}

typedef struct seen {
    size_t resident, advised, huge, still_advised;
} seen_t;

static seen_t run(const char *kind, const char *option) {
    seen_t seen;
    child_t child = CHILD_RUN(kind, option);
    child_expect_success(&child);
    CHECK(sscanf(child.out, "%zu %zu %zu %zu", &seen.resident, &seen.advised, &seen.huge,
                 &seen.still_advised) == 4);
    child_free(&child);
    return seen;
}

static void expect_advised(const char *kind, const char *option, bool at_first, bool in_the_end) {
    seen_t seen = run(kind, option);
    CHECK_MSG(at_first ? seen.advised >= WHOLE_MIB / 3 : seen.advised == 0,
              "%s, %s: advice on %zu MiB", kind, option, seen.advised);
    CHECK_MSG((seen.still_advised > 0) == in_the_end, "%s, %s: advice on %zu of %zu MiB is left",
              kind, option, seen.still_advised, seen.advised);
    CHECK_MSG(seen.resident <= WHOLE_MIB + WHOLE_MIB / 32, "%s: %zu of %zu MiB are resident", kind,
              seen.resident, WHOLE_MIB);
}

static bool kernel_has_huge_pages(void) {
    char text[64] = "[never]";
    FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "r");
    bool read = file && fgets(text, sizeof text, file) != NULL;
    if (file) {
        fclose(file);
    }
    return read && strstr(text, "[never]") == NULL;
}

int main(int argc, char **argv) {
    if (argc > 1) {
        return child_main(argv[1]);
    }
    CHECK(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0); /* the children's, too */
    expect_advised("holes", "HAKMEM_HUGE_PAGES=1", true, false);
    expect_advised("half", "HAKMEM_HUGE_PAGES=1", true, true);
    expect_advised("one byte", "HAKMEM_HUGE_PAGES=1", false, false);
    expect_advised("small", "HAKMEM_HUGE_PAGES=1", false, false);
    expect_advised("holes", "HAKMEM_HUGE_PAGES=0", false, false);
    if (kernel_has_huge_pages()) {
        CHECK(prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0) == 0);
        seen_t seen = run("half", "HAKMEM_HUGE_PAGES=1");
        CHECK_MSG(seen.huge >= WHOLE_MIB / 3, "%zu of %zu MiB are huge", seen.huge, WHOLE_MIB);
        CHECK_MSG(seen.resident <= WHOLE_MIB + WHOLE_MIB / 32, "%zu of %zu MiB are resident",
                  seen.resident, WHOLE_MIB);
    }
    return 0;
}
