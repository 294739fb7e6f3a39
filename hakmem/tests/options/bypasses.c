/*
 * bypasses.c - HAKMEM_FORCE_LIBC_ALLOC, HAKMEM_LD_SAFE and HAKMEM_LD_BLOCK_JEMALLOC send what they
 * say to libc, and no bypass is silent.
 *
 * Who served a request is told by its usable size: glibc gives 33,000 bytes 33,000, jemalloc gives
 * 40,960, hakmem a class of its own. Each child also mixes the families, since a block must go
 * back to where it came from.
 */
#include "child.h"
#include "hakmem.h"
#include "stats.h"
#include "test.h"
#include "workload.h"

#define JEMALLOC    "libjemalloc.so.2"
#define OWN_CLASSES "HAKMEM_MID_CLASSES=8k,16k,33040,52k", "HAKMEM_STATS=-"

/* What is freed serves again: so many blocks of a size, one after the other, lie close together. */
static void check_freed_is_used_again(size_t bytes) {
    uintptr_t first = UINTPTR_MAX, last = 0;
    for (int i = 0; i < 1000; i++) {
        char *volatile block = malloc(bytes);
        CHECK(block);
        uintptr_t at = (uintptr_t)block;
        first = at < first ? at : first;
        last = at > last ? at : last;
        free(block);
    }
    CHECK_MSG(last - first <= 100 * bytes, "%zu bytes apart: %zu", bytes, (size_t)(last - first));
}

static int child_main(void) {
    check_freed_is_used_again(700);
    check_freed_is_used_again(33000);
    static const size_t sizes[] = {0, 1, 100, 1000, 1024, 1025, 5000, 33000, 100000, 5 * MIB};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        CHECK_EQ(take_and_give_back(sizes[i], sizes[i] < MIB ? 100 : 4), 0);
        char *block = calloc(1, sizes[i]);
        CHECK(block);
        block = realloc(block, sizes[i] + 3000);
        CHECK(block);
        block = realloc(block, 700);
        CHECK(block);
        free(block);
        block = aligned_alloc(4096, sizes[i]);
        CHECK(block && (uintptr_t)block % 4096 == 0);
        free(block);
    }
    const char *reason = HAK_FN(hak_bypass_reason)();
    printf("%zu %zu %zu %s\n", usable_for(1000), usable_for(5000), usable_for(33000),
           reason ? reason : "none");
    return 0;
}

static json_t *run(const char *option, const char *also_preload, const char *out) {
    const char *const env[] = {option, OWN_CLASSES, NULL};
    child_setup_t setup = {.env = env, .also_preload = also_preload};
    child_t child = child_run(&setup, "child", NULL);
    child_expect_success(&child);
    CHECK_MSG(strcmp(child.out, out) == 0, "%s: %s, expected %s", option, child.out, out);
    json_t *stats = stats_parse(child.err);
    child_free(&child);
    return stats;
}

static void expect_bypass(const char *option, const char *also_preload, const char *out) {
    json_t *stats = run(option, also_preload, out);
    CHECK(json_is_true(stats_get(stats, "bypass.active")));
    const char *reason = stats_string(stats, "bypass.reason");
    CHECK_MSG(strncmp(reason, option, strlen(reason)) == 0 && strlen(reason) > 8, "%s", reason);
    json_decref(stats);
}

static void expect_none(const char *option, const char *also_preload, const char *out) {
    json_t *stats = run(option, also_preload, out);
    CHECK(json_is_false(stats_get(stats, "bypass.active")));
    CHECK(json_is_null(stats_get(stats, "bypass.reason")));
    json_decref(stats);
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc > 1) {
        return child_main();
    }
    char own[64];
    child_t child = CHILD_RUN("child", OWN_CLASSES);
    child_expect_success(&child);
    snprintf(own, sizeof own, "%s", child.out);
    CHECK_MSG(strstr(own, " 33040 none"), "%s", own);
    child_free(&child);

    expect_none("HAKMEM_FORCE_LIBC_ALLOC=0", NULL, own);
    expect_none("HAKMEM_LD_SAFE=0", NULL, own);
    expect_none("HAKMEM_LD_BLOCK_JEMALLOC=1", NULL, own);
    expect_none("HAKMEM_LD_BLOCK_JEMALLOC=0", JEMALLOC, own);

    size_t own_1000 = strtoull(own, NULL, 10);
    char mixed[64];
    snprintf(mixed, sizeof mixed, "%zu 5000 33000 HAKMEM_LD_SAFE\n", own_1000);
    expect_bypass("HAKMEM_FORCE_LIBC_ALLOC=1", NULL, "1000 5000 33000 HAKMEM_FORCE_LIBC_ALLOC\n");
    expect_bypass("HAKMEM_LD_SAFE=1", NULL, mixed);
    expect_bypass("HAKMEM_LD_BLOCK_JEMALLOC=1", JEMALLOC,
                  "1000 5000 33000 HAKMEM_LD_BLOCK_JEMALLOC\n");
    return 0;
}
