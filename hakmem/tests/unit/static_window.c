/*
 * static_window.c - a limit on address space that is set while the process runs: the window is cut
 * to what is in use, with its maps, and from then on counts as one made under a limit; the heap
 * goes on in small windows, which go back when nothing of them is in use, and are used again at
 * their old places. Without a limit nothing is cut.
 *
 * White box: linked with objects.a; starts itself again with HAKMEM_HARDEN=1.
 *
 * On the machine's own kernel: qemu's answers differ.
 */
#include "again.h"
#include "span/span_heap.h"
#include "span/window_table.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

enum { PAGE = 4096, COUNT = 400, ROOM_MIB = 96 };

static char *blocks[COUNT];

static bool is_mapped(const void *address) {
    unsigned char unused;
    void *page = (void *)((uintptr_t)address & ~(uintptr_t)(PAGE - 1));
    return mincore(page, PAGE, &unused) == 0 || errno != ENOMEM;
}

static void take(size_t bytes) {
    for (int i = 0; i < COUNT; i++) {
        blocks[i] = malloc(bytes);
        CHECK(blocks[i]);
        memset(blocks[i], 1, bytes);
    }
}

static void free_all(void) {
    for (int i = 0; i < COUNT; i++) {
        free(blocks[i]);
    }
}

static size_t address_space(void) {
    char text[64] = "";
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0 && read(fd, text, sizeof text - 1) > 0);
    close(fd);
    return (size_t)strtoull(text, NULL, 10) * PAGE;
}

/* Where the window may end after it was cut, and the page behind each of its maps. */
static void check_cut(void) {
    hak_window_t *window = window_newest();
    size_t pages = window->committed_pages, before = address_space();
    CHECK(pages > 0 && window->reserved_pages > pages && !window->limited);
    CHECK(!window_honour_limit() && window->reserved_pages > pages); /* there is none */
    struct rlimit limit = {before / 2, RLIM_INFINITY};
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    const uint8_t *class_end = window->class_of + window->class_of_committed;
    const char *span_end = (const char *)window->span_of + window->span_of_committed;
    CHECK(is_mapped(class_end) && is_mapped(span_end) &&
          is_mapped((void *)window_frontier(window)));
    CHECK(window_honour_limit() && window->limited);
    CHECK(window->committed_pages == pages && window->reserved_pages == pages);
    CHECK(!is_mapped(class_end) && !is_mapped(span_end));
    CHECK(!is_mapped((void *)window_frontier(window)));
    CHECK(is_mapped(class_end - 1) && is_mapped(span_end - 1) &&
          is_mapped((void *)(window_frontier(window) - PAGE)));
    CHECK_MSG(address_space() < GIB, "%zu of %zu", address_space(), before);
    CHECK(!window_honour_limit());
    limit.rlim_cur = address_space() + ROOM_MIB * MIB;
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
}

static size_t count_windows(void) {
    size_t count = 0;
    while (window_at((unsigned)count) != NULL) {
        count++;
    }
    return count;
}

/* Beyond what the window has left: new ones, none of which is larger than need be, but for so many
 * bytes of hardening's flags. */
static void check_next(size_t map_bytes) {
    size_t windows = count_windows(), space = address_space();
    CHECK(heap_free_hint(SPAN_CLEAN) + heap_free_hint(SPAN_DIRTY) < 40 * MIB);
    char *large = malloc(40 * MIB);
    CHECK(large && count_windows() == windows + 1);
    const hak_window_t *window = window_newest();
    CHECK(window == window_find((uintptr_t)large) && window->limited && !window->released);
    CHECK(window->reserved_pages * PAGE < 44 * MIB &&
          address_space() < space + map_bytes + 44 * MIB);
    memset(large, 1, 40 * MIB);
    free(large);
    malloc_trim(0);
    CHECK(window->released && address_space() < space + map_bytes + 4 * MIB);
    char *again = malloc(40 * MIB);
    CHECK(again == large && !window->released && count_windows() == windows + 1);
    free(again);
    malloc_trim(0);
}

static int check_all(bool is_hardened) {
    take(33000);
    hak_window_t *window = window_newest();
    CHECK(window == &hak_windows[is_hardened ? 1 : 0]);
    check_cut();
    check_next(is_hardened ? 6 * MIB : 0);
    free_all();
    malloc_trim(0);
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 1) {
        return check_all(argv[1][0] == '1');
    }
    run_again("0", "HAKMEM_HARDEN=0");
    run_again("1", "HAKMEM_HARDEN=1");
    return 0;
}
