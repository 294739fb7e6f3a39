/*
 * static_large_reuse.c - a Large block after another was freed: it has that one's span, whole, if
 * that is as long as its class and within W_MAX, and never a span that is shorter or longer; the
 * figures of pool and class are what they were.
 *
 * White box: linked with objects.a.
 */
#include "cache/thread_cache.h"
#include "hakmem_tiers.h"
#include "span/deferred.h"
#include "test.h"

#include <string.h>

enum { ROUNDS = 4000, LEAST = 270000, MOST = 2000000 };

static size_t class_pages(size_t bytes) {
    return span_pages_for(hak_classes[class_for(POOL_LARGE, bytes)].block_bytes);
}

static size_t blocks_of(unsigned class_id) {
    return hak_depots[class_id].blocks - deferred_blocks(class_id);
}

int main(void) {
    uint64_t state = 5;
    unsigned again = 0, fitting = 0;
    size_t at_start = pool_used(POOL_LARGE);
    for (int i = 0; i < ROUNDS; i++) {
        size_t before = LEAST + test_random(&state) % (MOST - LEAST);
        size_t bytes = i % 2 ? LEAST + test_random(&state) % (MOST - LEAST)
                             : before - before / 25 + test_random(&state) % (before / 25);
        void *outer = malloc(50000), *first = malloc(before); /* not at the frontier */
        void *fence = malloc(LEAST);
        CHECK(outer && first && fence);
        size_t pages = span_of_block(first)->pages;
        bool is_fitting =
            pages >= class_pages(bytes) && pages <= span_whole_pages(bytes, class_pages(bytes));
        free(first);
        char *block = malloc(bytes);
        CHECK(block);
        const hak_span_t *span = span_of_block(block);
        CHECK(span != NULL && span->class_id == class_for(POOL_LARGE, bytes));
        size_t most =
            hak_max(span_whole_pages(bytes, class_pages(bytes)), span_cut_pages(bytes, 1));
        CHECK_MSG(span->pages >= class_pages(bytes) && span->pages <= most,
                  "%zu pages for %zu bytes, not %zu to %zu", span->pages, bytes, class_pages(bytes),
                  most);
        memset(block, 1, bytes);
        fitting += is_fitting;
        again += is_fitting && block == (char *)first;
        CHECK_EQ(blocks_of(span->class_id), 1 + (span->class_id == class_for(POOL_LARGE, LEAST)));
        free(block);
        free(fence);
        free(outer);
        CHECK_EQ(pool_used(POOL_LARGE), at_start);
    }
    CHECK_MSG(fitting > ROUNDS / 3 && again > fitting / 100 * 95, "%u of %u", again, fitting);
    return 0;
}
