/*
 * window_table.h - the windows that there are, for the files of span/: what all of these need of
 * one, be it that it is made, grows (window.c), has flags (live_map.c) or huge pages (huge.c).
 */
#ifndef HAK_WINDOW_TABLE_H
#define HAK_WINDOW_TABLE_H

#include "window.h"

#define WINDOW_MAX 1024

/* Of hak_windows. Written under the heap lock, or at start-up, with a release store: readers that
 * see the count see the window. */
extern unsigned window_count HAK_HIDDEN;

static inline uintptr_t window_frontier(const hak_window_t *window) {
    return window->base + (window->committed_pages << HAK_PAGE_SHIFT);
}

static inline size_t window_reserve_bytes(const hak_window_t *window) {
    return (window->reserved_pages - window->committed_pages) << HAK_PAGE_SHIFT;
}

#endif
