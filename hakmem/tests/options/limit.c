/*
 * limit.c - HAKMEM_LIMIT: the heap stays below it, also in resident memory; nothing is refused
 * while anything is cached, in whatever sizes and stores; what is refused is a MapFail that names
 * the limit, and NULL with ENOMEM; what is freed then serves again. (The limit of a control group:
 * preload/full/control_group.sh, which runs this program, too.)
 */
#include "child.h"
#include "resident.h"
#include "test.h"
#include "trace.h"

#include <errno.h>
#include <string.h>

enum { LIMIT_BYTES = 16 << 20, FILL_BYTES = LIMIT_BYTES / 8 * 5, MOST = FILL_BYTES / 48 };

static unsigned char *blocks[MOST];
static size_t start_bytes, most_bytes = SIZE_MAX;

static void check_resident(size_t size) {
    size_t now = resident_bytes() - start_bytes;
    CHECK_MSG(now <= most_bytes, "%zu KiB resident with blocks of %zu", now / KIB, size);
}

static void release(size_t count) {
    for (size_t i = 0; i < count; i++) {
        free(blocks[i]);
    }
}

/* Five eighths of the limit in blocks of one size after another. */
static void fill_in_turn(void) {
    static const size_t sizes[] = {48, 500,   3000,    9000,   33000,   100000, 700000,
                                   48, 33000, 3 << 20, 200000, 6 << 20, 3000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t count = FILL_BYTES / (sizes[i] + sizes[i] / 4);
        for (size_t k = 0; k < count; k++) {
            blocks[k] = malloc(sizes[i]);
            CHECK_MSG(blocks[k], "block %zu of %zu bytes", k, sizes[i]);
            memset(blocks[k], 1, sizes[i]);
        }
        check_resident(sizes[i]);
        release(count);
    }
}

/* A block that grows; at the end old and new one lie beside each other. */
static void grow_one(void) {
    unsigned char *block = NULL;
    for (size_t bytes = 1000; bytes < LIMIT_BYTES / 5 * 2; bytes += bytes / 3) {
        block = realloc(block, bytes);
        CHECK_MSG(block, "%zu bytes", bytes);
        memset(block, 2, bytes);
        check_resident(bytes);
    }
    free(block);
}

static size_t fill_up(size_t bytes) {
    size_t count = 0;
    while (count < MOST && (errno = 0, blocks[count] = malloc(bytes)) != NULL) {
        memset(blocks[count], 3, bytes);
        count++;
    }
    CHECK(count < MOST && errno == ENOMEM);
    check_resident(bytes);
    return count;
}

/* In place of a small block, when there is not even one of the next size: by refusals of its own
 * at each level of hardening. The block stays. */
static int refused_growth(void) {
    unsigned char *small = malloc(100);
    CHECK(small);
    memset(small, 5, 100);
    fill_up(1000);
    fill_up(500);
    errno = 0;
    CHECK(realloc(small, 1000) == NULL);
    CHECK_EQ(errno, ENOMEM);
    CHECK(small[0] == 5 && memcmp(small, small + 1, 99) == 0);
    free(small);
    return 0;
}

static int child_main(const char *what) {
    start_bytes = resident_bytes();
    if (strcmp(what, "group") != 0) {
        /* beside the blocks: records, and hardening's flags; without a limit it is 25 MiB */
        most_bytes = LIMIT_BYTES + LIMIT_BYTES / 16 * 3;
    }
    if (strcmp(what, "caches") == 0 || strcmp(what, "group") == 0) {
        fill_in_turn();
        grow_one();
        return 0;
    }
    if (strcmp(what, "growth") == 0) {
        return refused_growth();
    }
    size_t bytes = strtoul(what, NULL, 10), count = fill_up(bytes);
    CHECK_MSG(count * bytes > LIMIT_BYTES / 8 * 7, "%zu blocks of %zu bytes", count, bytes);
    release(count);
    CHECK_EQ(fill_up(bytes), count);
    return 0;
}

/* Two requests of the program were refused: the last of each filling. */
static void expect_refused(const char *bytes) {
    static const char *const env[] = {"HAKMEM_LIMIT=16m", "HAKMEM_ACE_TRACE=1", NULL};
    child_t child = child_run(&(child_setup_t){.env = env}, "child", bytes);
    trace_line_t lines[2] = {0};
    child_expect_success(&child);
    CHECK_MSG(trace_read(child.err, lines, 2) == 2, "%s", child.err);
    for (int i = 0; i < 2; i++) {
        CHECK(strcmp(lines[i].reason, "MapFail") == 0 && lines[i].map_errno == ENOMEM);
        CHECK_EQ(lines[i].limit, LIMIT_BYTES);
    }
    child_free(&child);
}

static void expect_none_refused(const char *limit, const char *harden) {
    const char *const env[] = {limit, harden, "HAKMEM_ACE_TRACE=1", NULL};
    child_t child = child_run(&(child_setup_t){.env = env}, "child", "caches");
    child_expect_success(&child);
    CHECK_MSG(strstr(child.err, "[ACE-FAIL]") == NULL, "%s", child.err);
    child_free(&child);
}

static void expect_growth_refused(const char *harden) {
    const char *const env[] = {"HAKMEM_LIMIT=1m", harden, NULL};
    child_t child = child_run(&(child_setup_t){.env = env}, "child", "growth");
    child_expect_success(&child);
    child_free(&child);
}

int main(int argc, char **argv) {
    if (argc > 1) {
        return child_main(argv[2]);
    }
    expect_none_refused("HAKMEM_LIMIT=16m", "HAKMEM_HARDEN=0");
    expect_none_refused("HAKMEM_LIMIT=16m", "HAKMEM_HARDEN=1");
    expect_growth_refused("HAKMEM_HARDEN=0");
    expect_growth_refused("HAKMEM_HARDEN=1");
    expect_growth_refused("HAKMEM_HARDEN=2");
    expect_refused("33000");
    expect_refused("100000");
    expect_refused("300000");
    return 0;
}
