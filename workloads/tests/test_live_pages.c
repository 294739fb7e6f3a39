/*
 * test_live_pages.c - pages that hold a byte of a block: each is counted once, those of no byte
 * not.
 */
#include "cmocka_all.h"

#include "common/rng.h"
#include "replayer/live_pages.h"

#include <stdbool.h>
#include <unistd.h>

static void blocks_share_pages(void **state) {
    (void)state;
    live_pages_t pages;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    live_pages_open(&pages, 6, 2 * page + 40);
    live_pages_add(&pages, (void *)(100 * page), 16);
    live_pages_add(&pages, (void *)(100 * page + 16), page - 16); /* up to its end */
    live_pages_add(&pages, (void *)(102 * page - 8), 16);         /* over an edge */
    live_pages_add(&pages, (void *)(200 * page), 0);
    live_pages_add(&pages, NULL, 24);
    live_pages_add(&pages, (void *)(104 * page + 8), page);
    assert_int_equal(live_pages_close(&pages), (1 + 2 + 2) * page);
}

/* Against a table of all pages. */
static void random_blocks(void **state) {
    (void)state;
    enum { PAGES = 500, BLOCKS = 200 };
    static bool held[PAGES + 2];
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), bytes = 0, wanted = 0;
    struct {
        uintptr_t at, bytes;
    } blocks[BLOCKS];
    rng_t rng;
    rng_seed(&rng, 3);
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i].at = rng_below(&rng, PAGES * (uint32_t)page);
        blocks[i].bytes = rng_below(&rng, (uint32_t)page);
        bytes += blocks[i].bytes;
        for (uintptr_t at = blocks[i].at; at < blocks[i].at + blocks[i].bytes; at++)
            held[at / page] = true;
    }
    live_pages_t pages;
    live_pages_open(&pages, BLOCKS, bytes);
    for (unsigned i = 0; i < BLOCKS; i++)
        live_pages_add(&pages, (void *)(blocks[i].at + page), blocks[i].bytes);
    for (unsigned i = 0; i < PAGES + 2; i++)
        wanted += held[i] ? page : 0;
    assert_int_equal(live_pages_close(&pages), wanted);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(blocks_share_pages),
                                       cmocka_unit_test(random_blocks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
