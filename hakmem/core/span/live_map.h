/*
 * live_map.h - the map of hardening's flags that a window has between its page map and its pages;
 * what a flag says is harden/live.h's.
 *
 * There is a flag for each 16 bytes of the heap, and one for each page. A block that begins on a
 * page has that page's, any other the one of its 16 bytes: so the address alone says where the flag
 * is, and those of blocks that are whole pages are neighbours too.
 *
 *     | a byte for each 4096 bytes of the heap | (not used) | a byte for each 16 |
 *       from entry live_bytes >> 12              from live_bytes >> 4
 *
 * Both arrays are committed as the heap grows, and in memory where they were used: a sixteenth of
 * the heap where blocks are not whole pages, a 4096th where they are.
 *
 * Heap lock, but for live_map_purge (pages that the caller owns).
 */
#ifndef HAK_LIVE_MAP_H
#define HAK_LIVE_MAP_H

#include "window.h"

/* From now on windows have one; without it none of the following does anything. At start-up. */
void live_map_start(void);

size_t live_map_reserve_bytes(size_t pages); /* whole pages */
/* Sets where the map of a new window lies, of `pages` pages: it ends at the window's base. */
void live_map_place(hak_window_t *window, size_t pages);
/* Makes the flags of the pages before `end` accessible. 0 or an errno. */
int live_map_commit(hak_window_t *window, size_t end);
/* Gives the address space back that is not accessible. */
void live_map_cut(hak_window_t *window);
/* Gives back the memory of flags that are only for pages in [start, start + bytes), which are free:
 * all of them are down. */
void live_map_purge(const hak_window_t *window, uintptr_t start, size_t bytes);

#endif
