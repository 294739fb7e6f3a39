/*
 * static_live_map.c - the map of hardening's flags: how much is reserved for a window and where its
 * two arrays lie, that the flags of the pages which are in use can be written and not many more,
 * that those of purged pages give their memory back and no others change, and what is left when the
 * window is cut. Without hardening there is none of it.
 *
 * White box: linked with objects.a; the windows are the test's own.
 *
 * On the machine's own kernel: qemu's answers differ.
 */
#include "span/live_map.h"
#include "test.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096, UNITS = PAGE / 16, SLACK = 64 * 1024 };
#define SYSTEM_PAGE test_page_bytes()

static int pipe_ends[2];
static uint64_t state = 9;

static bool may_read(const void *address) {
    char byte;
    bool may = write(pipe_ends[1], address, 1) == 1;
    CHECK(!may || read(pipe_ends[0], &byte, 1) == 1);
    return may;
}

static bool is_mapped(const void *address) {
    unsigned char unused;
    void *page = (void *)((uintptr_t)address & ~(uintptr_t)(PAGE - 1));
    return mincore(page, PAGE, &unused) == 0 || errno != ENOMEM;
}

/* Between two pages that are not its own. */
static hak_window_t make_window(size_t pages) {
    size_t map_bytes = live_map_reserve_bytes(pages);
    size_t area_bytes = map_bytes + 3 * SYSTEM_PAGE;
    char *area = mmap(NULL, area_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(area != MAP_FAILED && map_bytes % SYSTEM_PAGE == 0);
    uintptr_t start = test_whole_pages((uintptr_t)area + 1);
    hak_window_t window = {.base = start + map_bytes, .reserved_pages = pages};
    live_map_place(&window, pages);
    return window;
}

static uint8_t *map_of(const hak_window_t *window) {
    return (uint8_t *)window->base - live_map_reserve_bytes(window->reserved_pages);
}

/* Of an array of flags: the first `used` can be written, of `all`, and few more. */
static void expect_array(const uint8_t *flags, size_t used, size_t all) {
    CHECK(may_read(flags) && may_read(flags + used - 1));
    for (size_t at = 0; at < all; at += PAGE) {
        CHECK_MSG(at >= used || may_read(flags + at), "flag %zu of %zu", at, used);
        CHECK_MSG(at < used + SLACK + 2 * SYSTEM_PAGE || !may_read(flags + at), "flag %zu, %zu", at,
                  used);
    }
}

static void expect_accessible(const hak_window_t *window, size_t end) {
    expect_array(window->live_pages, end, window->live_bytes / PAGE);
    expect_array(window->live_small, end * UNITS, window->live_bytes / 16);
    CHECK_EQ(window->live_units, end * UNITS);
}

/* The arrays lie in what is reserved, one behind the other, with room for a flag of each unit. */
static void check_place(const hak_window_t *window) {
    size_t pages = window->reserved_pages;
    CHECK(window->live_bytes >= pages * PAGE &&
          window->live_bytes < pages * PAGE + 8 * SYSTEM_PAGE);
    CHECK(window->live_pages >= map_of(window) &&
          window->live_pages < map_of(window) + SYSTEM_PAGE);
    CHECK(window->live_pages + pages <= window->live_small);
    CHECK((uintptr_t)(window->live_small + window->live_bytes / 16) <= window->base);
    CHECK(((uintptr_t)window->live_small + window->live_bytes / 16) == window->base);
    CHECK_EQ((uintptr_t)window->live_pages % 8, 0);
}

/* Every flag of [0, end) is written; those of [from, to) alone may have gone, and whole pages of
 * them are. */
static void check_purge(const hak_window_t *window, size_t end, size_t from, size_t to) {
    size_t gone = 0;
    memset(window->live_small, 7, end * UNITS);
    memset(window->live_pages, 7, end);
    live_map_purge(window, window->base + from * PAGE, (to - from) * PAGE);
    for (size_t page = 0; page < end; page++) {
        bool inside = page >= from && page < to;
        CHECK_MSG(window->live_pages[page] == 7 || inside, "flag of page %zu", page);
    }
    for (size_t unit = 0; unit < end * UNITS; unit++) {
        bool inside = unit >= from * UNITS && unit < to * UNITS;
        CHECK_MSG(window->live_small[unit] == 7 || inside, "flag of unit %zu", unit);
        gone += window->live_small[unit] == 0;
    }
    uintptr_t first =
        ((uintptr_t)window->live_small + from * UNITS + SYSTEM_PAGE - 1) / SYSTEM_PAGE;
    uintptr_t last = ((uintptr_t)window->live_small + to * UNITS) / SYSTEM_PAGE;
    CHECK_EQ(gone, last > first ? (last - first) * SYSTEM_PAGE : 0);
}

static void check_window(size_t pages) {
    hak_window_t window = make_window(pages);
    check_place(&window);
    CHECK(!may_read(window.live_pages) && !may_read(window.live_small));
    size_t end = 0;
    while (end < pages) {
        size_t more = 1 + test_random(&state) % (pages / 3 + 1);
        end = end + more < pages ? end + more : pages;
        CHECK_EQ(live_map_commit(&window, end), 0);
        expect_accessible(&window, end);
    }
    for (int i = 0; i < 12; i++) {
        size_t from = test_random(&state) % pages;
        check_purge(&window, end, from, from + 1 + test_random(&state) % (pages - from));
    }
    check_purge(&window, end, 0, pages);
    CHECK(!may_read((void *)(window.base)) && !may_read(map_of(&window) - 1));
}

/* What is not accessible is unmapped, in both arrays, but no page that holds a flag in use. */
static void check_cut(size_t pages, size_t end) {
    hak_window_t window = make_window(pages);
    CHECK_EQ(live_map_commit(&window, end), 0);
    live_map_cut(&window);
    CHECK(may_read(window.live_pages) && may_read(window.live_pages + end - 1));
    CHECK(may_read(window.live_small) && may_read(window.live_small + end * UNITS - 1));
    for (const uint8_t *page = map_of(&window); (uintptr_t)page < window.base; page += PAGE) {
        CHECK_MSG(may_read(page) == is_mapped(page), "page %zu of the map of %zu",
                  (size_t)(page - map_of(&window)) / PAGE, pages);
    }
    CHECK(is_mapped(map_of(&window) - PAGE) && is_mapped((void *)window.base));
}

/* The kernel's refusal is passed on, and the flags are as they were. */
static void check_refused(void) {
    hak_window_t window = make_window(4000);
    CHECK_EQ(live_map_commit(&window, 10), 0);
    munmap(map_of(&window), window.base - (uintptr_t)map_of(&window));
    CHECK_EQ(live_map_commit(&window, 4000), ENOMEM);
    CHECK_EQ(window.live_units, 10 * UNITS);
}

int main(void) {
    CHECK(pipe(pipe_ends) == 0);
    CHECK_EQ(live_map_reserve_bytes(1000), 0);
    hak_window_t without = {.base = (uintptr_t)1 << 40, .reserved_pages = 1000};
    live_map_place(&without, 1000);
    CHECK(without.live_bytes == 0 && live_map_commit(&without, 10) == 0 && without.live_units == 0);
    live_map_purge(&without, without.base, PAGE);
    live_map_cut(&without);
    live_map_start();
    static const size_t sizes[] = {1, 7, 8, 9, 250, 1000, 5000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        check_window(sizes[i]);
    }
    check_cut(20000, 300);
    check_cut(20000, 17000);
    check_cut(1000, 1);
    check_refused();
    return 0;
}
