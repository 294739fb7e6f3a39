/*
 * live_map.h - the map of hardening's flags that a window has between its page map and its pages;
 * what a flag says is harden/live.h's.
 *
 * A block of a class begins at a multiple of 2^s, where s is the zeros at the end of its size made
 * even, 12 at most. A byte for each 2^s bytes is then enough, and the flags of blocks of 64 bytes,
 * or of 36 KiB, are neighbours. So there are five arrays, which lie as levels of a binary heap do:
 *
 *     | a byte for each 4096 bytes of the heap | … for each 1024 | … 256 | … 64 | … 16 |
 *       from entry live_bytes >> 12              from live_bytes >> 10 …
 *
 * The flag of what lies `offset` bytes into the heap is entry (live_bytes + offset) >> s. A page
 * has its flags in the array that its class says, and in the others all of them are down. Each
 * array is committed as the heap grows, and in memory where a class has used it: a sixteenth of the
 * heap for sizes that are odd multiples of 16, a 4096th for whole pages, a twelfth where all are
 * mixed.
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
