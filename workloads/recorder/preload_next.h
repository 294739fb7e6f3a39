/*
 * preload_next.h - the functions that a preloaded library stands before, by name.
 */
#ifndef RECORDER_PRELOAD_NEXT_H
#define RECORDER_PRELOAD_NEXT_H

#include <dlfcn.h>
#include <string.h>

/* Sets `function`, the address of a pointer to one, to the next of that name; NULL: none. */
static inline void find_next(const char *name, void *function) {
    void *address = dlsym(RTLD_NEXT, name);
    memcpy(function, &address, sizeof address);
}

#endif
