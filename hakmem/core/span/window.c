/* window.c - see window.h: how windows are made, grow and go. */
#include "window.h"

#include <errno.h>

#include "../os/os.h"
#include "huge.h"
#include "live_map.h"
#include "span.h"
#include "window_table.h"

#define COMMIT_PAGES       ((2 * HAK_MIB) >> HAK_PAGE_SHIFT) /* a system call per 512 faults */
#define MAP_COMMIT_BYTES   OS_PAGE_MOST
#define FIRST_LEAST_BYTES  (16 * HAK_GIB)
#define FIRST_MOST_BYTES   (1024 * HAK_GIB)
#define LIMITED_MOST_BYTES (64 * HAK_MIB)
#define LIMITED_STEP_BYTES (1 * HAK_MIB)
#define LIMITED_SHARE      16 /* of what is committed, where that is more */
/* Address space that a process without a limit gets any time. */
#define UNLIMITED_BYTES (1 * HAK_GIB)
#define LOOK_BYTES      (16 * HAK_MIB) /* grown between two looks whether it does */

static hak_window_t *newest; /* heap lock */
static size_t start_limit, first_bytes;
static bool is_limited;       /* from the start, or since the limit was seen; heap lock */
static size_t unlooked_bytes; /* committed since the last look for a limit; heap lock */

static size_t power_of_two_below(size_t n) {
    return (size_t)1 << (63 - __builtin_clzl(n | 1));
}

void window_start(void) {
    size_t bytes = power_of_two_below(os_ram_bytes() * 8 - 1);
    first_bytes = hak_min(hak_max(bytes, FIRST_LEAST_BYTES), FIRST_MOST_BYTES);
    start_limit = os_address_limit();
    is_limited = start_limit != SIZE_MAX;
}

void window_harden(unsigned void_windows) {
    window_count = void_windows;
    live_map_start();
}

hak_window_t *window_newest(void) {
    return newest;
}

/* Under a limit that came later nobody knows how high it is; what is committed says how much there
 * was room for. */
static size_t wanted_bytes(void) {
    if (!is_limited) {
        return newest == NULL ? first_bytes : 16 * HAK_GIB;
    }
    size_t part = start_limit == SIZE_MAX ? 0 : hak_min(start_limit / 32, LIMITED_MOST_BYTES);
    size_t bytes = hak_max(part, window_mapped_bytes() / LIMITED_SHARE);
    return hak_max(power_of_two_below(bytes), LIMITED_STEP_BYTES);
}

static size_t class_of_bytes(size_t pages) {
    return os_page_up(pages);
}

static size_t span_of_bytes(size_t pages) {
    return os_page_up(pages * sizeof(hak_span_t *));
}

static size_t maps_bytes(size_t pages) {
    return class_of_bytes(pages) + span_of_bytes(pages) + live_map_reserve_bytes(pages);
}

/* A released window of at least `pages`, at its old place again; NULL: there is none. */
static hak_window_t *revive_window(size_t pages) {
    hak_window_t *best = NULL;
    for (unsigned i = 1; i < window_count; i++) {
        hak_window_t *window = &hak_windows[i];
        if (window->released && window->reserved_pages >= pages &&
            (best == NULL || window->reserved_pages < best->reserved_pages)) {
            best = window;
        }
    }
    if (best == NULL ||
        os_reserve_at((void *)best->base, best->reserved_pages << HAK_PAGE_SHIFT) != 0) {
        return NULL;
    }
    os_set_dumped((void *)best->base, best->reserved_pages << HAK_PAGE_SHIFT, false);
    best->released = false;
    return best;
}

void window_release_free(bool (*is_free)(hak_window_t *window)) {
    for (unsigned i = 1; i < window_count; i++) {
        hak_window_t *window = &hak_windows[i];
        if (!window->limited || window->released || !is_free(window)) {
            continue;
        }
        /* Nobody has a block in it, so whoever looks here now looks for a foreign address. */
        __atomic_store_n(&window->committed_pages, 0, __ATOMIC_RELEASE);
        os_release((void *)window->base, window->reserved_pages << HAK_PAGE_SHIFT);
        window->released = true;
        if (window == newest) {
            newest = &hak_windows[0];
        }
    }
}

/* Reserves a window of `most` heap bytes, or half, or a quarter … but no less than `least`. */
static bool add_window(size_t least, size_t most, hak_map_failure_t *failure) {
    if (window_count == WINDOW_MAX) {
        *failure = (hak_map_failure_t){.bytes = least, .error = ENOMEM};
        return false;
    }
    size_t heap_bytes = hak_max(least, most);
    void *start;
    for (;;) {
        size_t bytes = maps_bytes(heap_bytes >> HAK_PAGE_SHIFT) + heap_bytes;
        int error = os_reserve(bytes, &start);
        if (error == 0) {
            os_set_dumped(start, bytes, false);
            break;
        }
        *failure = (hak_map_failure_t){.bytes = bytes, .error = error};
        if (heap_bytes == least) {
            return false;
        }
        heap_bytes = hak_max(least, os_page_up(heap_bytes / 2));
    }
    size_t pages = heap_bytes >> HAK_PAGE_SHIFT;
    hak_window_t *window = &hak_windows[window_count];
    window->class_of = start;
    window->span_of = (hak_span_t **)(void *)(window->class_of + class_of_bytes(pages));
    __atomic_store_n(&window->base, (uintptr_t)start + maps_bytes(pages), __ATOMIC_RELAXED);
    live_map_place(window, pages);
    window->reserved_pages = pages;
    window->limited = is_limited;
    newest = window;
    /* Release: readers that see the count see the window. */
    __atomic_store_n(&window_count, window_count + 1, __ATOMIC_RELEASE);
    return true;
}

static int commit_map(const hak_window_t *window, void *map, size_t needed, size_t whole,
                      size_t *committed) {
    if (needed <= *committed) {
        return 0;
    }
    size_t end = hak_min(hak_round_up(needed, MAP_COMMIT_BYTES), whole);
    int error = window_commit(window, (char *)map + *committed, end - *committed);
    if (error == 0) {
        *committed = end;
    }
    return error;
}

/* Pages behind the frontier. Under a limit that was set meanwhile the reserve goes back instead:
 * the window is full then. A limit that the process is beyond is noticed at once, another soon. */
static int commit_frontier(hak_window_t *window, size_t bytes) {
    void *start = (void *)window_frontier(window);
    unlooked_bytes += bytes;
    if (unlooked_bytes > LOOK_BYTES) {
        unlooked_bytes = 0;
        if (window_honour_limit()) {
            return ENOMEM;
        }
    }
    int error = os_claim(start, bytes);
    if (error != 0 && window_honour_limit()) {
        return error;
    }
    return error == 0 ? os_commit(start, bytes) : window_commit(window, start, bytes);
}

/* Moves the frontier `pages` on. */
static int commit_pages(hak_window_t *window, size_t pages) {
    size_t whole = window->reserved_pages;
    size_t end = window->committed_pages + pages;
    int error = commit_map(window, window->class_of, end, class_of_bytes(whole),
                           &window->class_of_committed);
    if (error == 0) {
        error = commit_map(window, window->span_of, end * sizeof(hak_span_t *),
                           span_of_bytes(whole), &window->span_of_committed);
    }
    if (error == 0) {
        error = live_map_commit(window, end);
    }
    if (error == 0) {
        error = commit_frontier(window, pages << HAK_PAGE_SHIFT);
    }
    if (error == 0) {
        /* Release: the maps behind these pages are accessible. */
        __atomic_store_n(&window->committed_pages, end, __ATOMIC_RELEASE);
    }
    return error;
}

/* Gives the reserved but uncommitted part back, so that it no longer counts against RLIMIT_AS. */
static void cut_to_committed(hak_window_t *window) {
    size_t pages = window->committed_pages;
    size_t class_of_whole = class_of_bytes(window->reserved_pages);
    size_t span_of_whole = span_of_bytes(window->reserved_pages);
    os_release((void *)window_frontier(window), window_reserve_bytes(window));
    os_release(window->class_of + window->class_of_committed,
               class_of_whole - window->class_of_committed);
    os_release((char *)window->span_of + window->span_of_committed,
               span_of_whole - window->span_of_committed);
    live_map_cut(window);
    window->reserved_pages = pages;
    window->limited = true;
}

int window_purge(void *start, size_t bytes) {
    int error = os_purge(start, bytes);
    if (error == 0) { /* and nobody raises a flag before the pages are free to be taken */
        live_map_purge(window_find((uintptr_t)start), (uintptr_t)start, bytes);
    }
    return error;
}

bool window_honour_limit(void) {
    hak_window_t *window = newest;
    if (window == NULL || window->limited || window_reserve_bytes(window) < 3 * os_page_bytes ||
        !os_is_limited(UNLIMITED_BYTES, (void *)window_frontier(window))) {
        return false;
    }
    cut_to_committed(window);
    is_limited = true;
    return true;
}

/* The window to grow in, with room; NULL: the OS refused one. `tail_pages` is 0 for a new one. */
static hak_window_t *window_with_room(size_t pages, size_t *tail_pages,
                                      hak_map_failure_t *failure) {
    if (newest != NULL && window_reserve_bytes(newest) > 0) {
        return newest;
    }
    *tail_pages = 0;
    hak_window_t *revived = is_limited ? revive_window(pages) : NULL;
    if (revived != NULL) {
        newest = revived;
        return revived;
    }
    return add_window(pages << HAK_PAGE_SHIFT, wanted_bytes(), failure) ? newest : NULL;
}

bool window_extend(size_t pages, size_t tail_pages, hak_extension_t *out,
                   hak_map_failure_t *failure) {
    hak_window_t *window = window_with_room(pages, &tail_pages, failure);
    if (window == NULL) {
        return false;
    }
    /* Whole pages of the system, as `pages` and the tail are; one where the tail did not fit. */
    size_t need = pages > tail_pages ? pages - tail_pages : span_unit_pages();
    size_t step = hak_max(need, COMMIT_PAGES);
    bool may_be_huge = pages <= COMMIT_PAGES; /* huge arrays are often touched here and there */
    bool was_limited = is_limited;
    step = may_be_huge ? huge_step(window, step) : step;
    step = hak_min(step, window->reserved_pages - window->committed_pages);
    *out = (hak_extension_t){.window = window, .first = window->committed_pages, .count = step};
    int error = commit_pages(window, step);
    if (error != 0 && is_limited && !was_limited) { /* it is full now */
        return window_extend(pages, 0, out, failure);
    }
    if (error != 0 && need < step) {
        out->count = need;
        error = commit_pages(window, need);
    }
    if (error != 0) {
        *failure = (hak_map_failure_t){.bytes = out->count << HAK_PAGE_SHIFT, .error = error};
        return false;
    }
    out->is_huge = may_be_huge && huge_advise(window, out->count);
    return true;
}
