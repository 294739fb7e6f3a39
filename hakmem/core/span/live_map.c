/* live_map.c - see live_map.h. */
#include "live_map.h"

#include "../os/os.h"

#define COMMIT_BYTES OS_PAGE_MOST

static bool is_wanted;

void live_map_start(void) {
    is_wanted = true;
}

/* Of an array, the coarse one first. */
static unsigned shift_of(unsigned array) {
    return LIVE_MAP_MOST - array * LIVE_MAP_STEP;
}

/* So that the arrays begin at whole words and end at a whole page of the system. */
static size_t heap_bytes(size_t pages) {
    return hak_round_up(pages << HAK_PAGE_SHIFT, os_page_bytes << (LIVE_MAP_LEAST - 1));
}

static size_t array_start(const hak_window_t *window, unsigned shift) {
    return window->live_bytes >> shift;
}

/* Where the next one begins, or the map ends. */
static size_t array_end(const hak_window_t *window, unsigned shift) {
    bool is_last = shift == LIVE_MAP_LEAST;
    return window->live_bytes >> (is_last ? shift - 1 : shift - LIVE_MAP_STEP);
}

static size_t *committed_of(hak_window_t *window, unsigned shift) {
    return &window->live_of_committed[(shift - LIVE_MAP_LEAST) / LIVE_MAP_STEP];
}

size_t live_map_reserve_bytes(size_t pages) {
    size_t bytes = heap_bytes(pages);
    return !is_wanted ? 0 : (bytes >> (LIVE_MAP_LEAST - 1)) - os_page_down(bytes >> LIVE_MAP_MOST);
}

void live_map_place(hak_window_t *window, size_t pages) {
    window->live_bytes = is_wanted ? heap_bytes(pages) : 0;
    /* So that the last entry lies below the base; the entries before the first array's are not
     * reserved. */
    window->live_of = (uint8_t *)(window->base - (window->live_bytes >> (LIVE_MAP_LEAST - 1)));
    window->live_small = window->live_of + array_start(window, LIVE_MAP_LEAST);
    window->live_pages = window->live_of + array_start(window, LIVE_MAP_MOST);
}

/* An array's entries from `start` on are not accessible, and those before `end` are to be. Where it
 * shares a page with its neighbour that is asked for twice. */
static int commit_entries(const hak_window_t *window, size_t start, size_t end) {
    uintptr_t first = os_page_down((uintptr_t)window->live_of + start);
    return window_commit(window, (void *)first,
                         os_page_up((uintptr_t)window->live_of + end) - first);
}

int live_map_commit(hak_window_t *window, size_t end) {
    int error = 0;
    for (unsigned i = 0; i < LIVE_MAP_ARRAYS && is_wanted && error == 0; i++) {
        unsigned shift = shift_of(i);
        size_t *committed = committed_of(window, shift);
        size_t start = array_start(window, shift);
        size_t needed = (end << HAK_PAGE_SHIFT) >> shift;
        if (needed <= *committed) {
            continue;
        }
        needed = hak_min(hak_round_up(needed, COMMIT_BYTES), start); /* as long as its start */
        error = commit_entries(window, start + *committed, start + needed);
        if (error == 0) {
            *committed = needed;
        }
    }
    if (is_wanted && error == 0) {
        size_t units = end << (HAK_PAGE_SHIFT - LIVE_MAP_LEAST);
        __atomic_store_n(&window->live_units, units, __ATOMIC_RELEASE); /* as committed_pages */
    }
    return error;
}

void live_map_cut(hak_window_t *window) {
    for (unsigned i = 0; i < LIVE_MAP_ARRAYS && is_wanted; i++) {
        unsigned shift = shift_of(i);
        size_t used = array_start(window, shift) + *committed_of(window, shift);
        uintptr_t first = os_page_up((uintptr_t)window->live_of + used);
        uintptr_t end = os_page_down((uintptr_t)window->live_of + array_end(window, shift));
        if (first < end) {
            os_release((void *)first, end - first);
        }
    }
}

void live_map_purge(const hak_window_t *window, uintptr_t start, size_t bytes) {
    size_t entry = start - window->base + window->live_bytes;
    for (unsigned i = 0; i < LIVE_MAP_ARRAYS && is_wanted; i++) {
        unsigned shift = shift_of(i);
        uintptr_t first = os_page_up((uintptr_t)window->live_of + (entry >> shift));
        uintptr_t end = os_page_down((uintptr_t)window->live_of + ((entry + bytes) >> shift));
        if (first < end) {
            os_purge((void *)first, end - first); /* or it stays */
        }
    }
}
