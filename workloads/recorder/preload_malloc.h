/*
 * preload_malloc.h - the recorded functions, for the C++ operators, which hand on their caller.
 */
#ifndef WORKLOADS_PRELOAD_MALLOC_H
#define WORKLOADS_PRELOAD_MALLOC_H

#include <stddef.h>

/* `site`: where the program made the call. */
void *record_malloc(size_t bytes, const void *site);
void *record_aligned(size_t alignment, size_t bytes, const void *site);
void record_free(void *block);

#endif
