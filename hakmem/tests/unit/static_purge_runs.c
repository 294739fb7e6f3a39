/*
 * static_purge_runs.c - what goes back of a slab in use, whatever pattern its free blocks have, is
 * each page that blocks which are due lie on and free blocks cover as a whole, once, and no other:
 * in runs, ends within pages, blocks that were cold before beside those that are due.
 *
 * White box: linked with objects.a, whose madvise is the one below, which notes the pages.
 */
#include "os/os.h"
#include "slab/slab.h"
#include "test.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define PAGE test_page_bytes()
enum { MOST = 2048, ROUNDS = 300, MOST_PAGES = 512 };

static unsigned id;
static const hak_span_t *slab;
static void *blocks[MOST];
static bool is_free[MOST];
static unsigned count, purged[MOST_PAGES];
static uint64_t state = 7;

int madvise(void *start, size_t bytes, int advice) {
    size_t offset = slab == NULL ? 0 : (uintptr_t)start - slab_start(slab);
    if (advice == MADV_DONTNEED && slab != NULL && offset < slab_bytes(slab)) {
        CHECK_MSG(offset % PAGE == 0 && bytes % PAGE == 0 && bytes > 0, "%zu + %zu", offset, bytes);
        for (size_t page = offset / PAGE; page < (offset + bytes) / PAGE; page++) {
            purged[page]++;
        }
    }
    return (int)syscall(SYS_madvise, start, bytes, advice);
}

static int by_address(const void *left, const void *right) {
    uintptr_t a = (uintptr_t) * (void *const *)left, b = (uintptr_t) * (void *const *)right;
    return a < b ? -1 : a > b;
}

/* One slab, all of whose blocks are taken. */
static void take_slab(size_t block_bytes, hak_pool_id_t pool) {
    hak_map_failure_t failure;
    id = class_for(pool, block_bytes);
    CHECK_EQ(hak_classes[id].block_bytes, block_bytes);
    while (slab_take(id, blocks, MOST, SLAB_ANY) > 0) { /* of a slab that was there before */
    }
    CHECK_EQ(slab_grow(id, &failure), GROW_DONE);
    count = slab_take(id, blocks, MOST, SLAB_ANY);
    qsort(blocks, count, sizeof blocks[0], by_address);
    slab = span_of(blocks[0]);
    CHECK_MSG(slab->blocks == count && (uintptr_t)blocks[0] == slab_start(slab), "%u blocks",
              count);
}

/* Whether free blocks cover all of it, one of which is warm. */
static bool is_due(size_t page, const bool *warm) {
    size_t block_bytes = hak_classes[id].block_bytes, found = 0;
    for (size_t i = page * PAGE / block_bytes; i * block_bytes < (page + 1) * PAGE; i++) {
        if (i >= count || !is_free[i]) {
            return false;
        }
        found += warm[i];
    }
    return found > 0;
}

static void check_round(unsigned share) {
    bool warm[MOST] = {false};
    unsigned in_use = 0;
    for (unsigned i = 0; i < count; i++) {
        in_use += !is_free[i];
    }
    for (unsigned i = 0; i < count; i++) {
        if (!is_free[i] && test_random(&state) % 8 < share && in_use > 1) {
            memset(blocks[i], 1, hak_classes[id].block_bytes);
            slab_give(id, &blocks[i], 1);
            is_free[i] = warm[i] = true;
            in_use--;
        }
    }
    memset(purged, 0, sizeof purged);
    size_t bytes = slab_purge_blocks(id, LEAST_ALL), want_bytes = 0;
    for (size_t page = 0; page < slab_bytes(slab) / PAGE; page++) {
        bool want = is_due(page, warm);
        want_bytes += want ? PAGE : 0;
        CHECK_MSG(purged[page] == want,
                  "blocks of %u bytes, page %zu: purged %u times, expected %d",
                  hak_classes[id].block_bytes, page, purged[page], want);
    }
    CHECK_EQ(bytes, want_bytes);
}

/* Some free blocks, which are all cold, are taken again, and written to. */
static void take_some(void) {
    void *taken[MOST];
    unsigned got = slab_take(id, taken, (unsigned)(test_random(&state) % count) + 1, SLAB_ANY);
    for (unsigned i = 0; i < got; i++) {
        size_t index = ((uintptr_t)taken[i] - slab_start(slab)) / hak_classes[id].block_bytes;
        CHECK(is_free[index]);
        is_free[index] = false;
        memset(taken[i], 1, hak_classes[id].block_bytes);
    }
}

int main(void) {
    free(malloc(1));
    static const struct {
        size_t bytes;
        hak_pool_id_t pool;
    } classes[] = {{48, POOL_TINY},       {128, POOL_TINY},      {256, POOL_TINY},
                   {896, POOL_TINY},      {2048, POOL_SMALLMID}, {3072, POOL_SMALLMID},
                   {4096, POOL_SMALLMID}, {5632, POOL_SMALLMID}, {9216, POOL_MID},
                   {36864, POOL_MID}};
    for (unsigned i = 0; i < sizeof classes / sizeof *classes; i++) {
        slab = NULL;
        memset(is_free, 0, sizeof is_free);
        take_slab(classes[i].bytes, classes[i].pool);
        if (!hak_classes[id].purges_blocks) {
            CHECK_EQ(slab_bytes(slab), PAGE);
            continue;
        }
        for (int round = 0; round < ROUNDS; round++) {
            check_round(1 + (unsigned)(test_random(&state) % 8));
            take_some();
        }
    }
    return 0;
}
