/*
 * hak_api.c - the hak_ functions and the malloc family are one allocator: blocks may be mixed, and
 * the figures of hak_memory_read follow them.
 */
#include "child.h"
#include "hakmem.h"
#include "stats.h"
#include "test.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>

static void families_mix(void) {
    void *block = HAK_FN(hak_malloc)(33000);
    CHECK(block && malloc_usable_size(block) == HAK_FN(hak_malloc_usable_size)(block));
    free(block);
    block = malloc(100);
    block = HAK_FN(hak_realloc)(block, 50000);
    CHECK(block);
    HAK_FN(hak_free)(block);
    unsigned char *zeros = HAK_FN(hak_calloc)(100, 100);
    CHECK(zeros && zeros[0] == 0 && memcmp(zeros, zeros + 1, 9999) == 0);
    free(zeros);
    CHECK(HAK_FN(hak_posix_memalign)(&block, 3, 10) == EINVAL);
    CHECK(HAK_FN(hak_posix_memalign)(&block, 4096, 10) == 0 && (uintptr_t)block % 4096 == 0);
    free(block);
    block = HAK_FN(hak_aligned_alloc)(1 << 16, 10);
    CHECK(block && (uintptr_t)block % (1 << 16) == 0);
    HAK_FN(hak_free)(block);
    errno = 0;
    CHECK(HAK_FN(hak_reallocarray)(NULL, SIZE_MAX, 2) == NULL && errno == ENOMEM);
    CHECK(HAK_FN(hak_malloc)(SIZE_MAX) == NULL && errno == ENOMEM);
}

static void memory_follows_use(void) {
    enum { COUNT = 1000 };
    static void *blocks[COUNT];
    hak_memory_t before, during, after;
    HAK_FN(hak_memory_read)(&before);
    for (int i = 0; i < COUNT; i++) {
        blocks[i] = malloc(33000);
        CHECK(blocks[i]);
        memset(blocks[i], 1, 33000);
    }
    HAK_FN(hak_memory_read)(&during);
    for (int i = 0; i < COUNT; i++) {
        free(blocks[i]);
    }
    HAK_FN(hak_memory_read)(&after);
    uint64_t grown = during.live_bytes - before.live_bytes;
    CHECK_MSG(grown >= COUNT * 33000 && grown <= COUNT * 33000 / 100 * 160, "live grew by %llu",
              (unsigned long long)grown);
    CHECK(during.mapped_bytes >= during.live_bytes);
    CHECK(during.metadata_bytes > 0);
    CHECK_MSG(after.live_bytes <= before.live_bytes + MIB, "live %llu after, %llu before",
              (unsigned long long)after.live_bytes, (unsigned long long)before.live_bytes);
    CHECK(HAK_FN(hak_malloc_trim)(0) == 1);
    hak_memory_t trimmed;
    HAK_FN(hak_memory_read)(&trimmed);
    CHECK(trimmed.purged_bytes >= before.purged_bytes + 30 * MIB);
    CHECK(trimmed.cached_bytes <= 4 * MIB);
}

static void stats_on_demand(void) {
    const char *path = temp_path();
    CHECK_EQ(HAK_FN(hak_stats_dump)(path), 0);
    json_t *stats = stats_load(path);
    CHECK(strcmp(stats_string(stats, "version"), HAKMEM_VERSION) == 0);
    CHECK(json_is_array(stats_get(stats, "pools")));
    json_decref(stats);
    CHECK_EQ(HAK_FN(hak_stats_dump)("/nonexistent/folder/file"), ENOENT);
}

int main(void) {
    families_mix();
    memory_follows_use();
    stats_on_demand();
    hak_ace_totals_t totals = {1, 1, 1};
    HAK_FN(hak_ace_totals)(&totals);
    CHECK(totals.threshold == 0 && totals.exhaustion == 0 && totals.mapfail == 0);
    return 0;
}
