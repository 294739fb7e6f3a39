/*
 * front_gate.h - where every request and every pointer comes in: size to class by one table
 * look-up, pointer to class by one byte of the page map, then the thread's magazine. What the
 * magazine cannot do goes to the slow path, which is also what starts the allocator.
 *
 * The gate is the only place that knows all ways on: hardening (harden/harden.h), the tiers
 * (box/plain.h), what is beside the heap during a fork (box/beside.h), libc (box/libc_bypass.h).
 *
 * Semantics are glibc's. Thread-safe; not for signal handlers.
 */
#ifndef HAK_FRONT_GATE_H
#define HAK_FRONT_GATE_H

#include "../box/class_table.h"
#include "../cache/background.h"
#include "../cache/thread_cache.h"
#include "../os/door.h"
#include "../stats/publish.h"

/* Where the fast paths end, of requests that the table has a row for, and others. */
void *gate_malloc_slow(size_t bytes, size_t row);
void *gate_malloc_beyond(size_t bytes);
void gate_free_slow(void *block);
/* … and where nothing of the thread's own serves: starts the allocator, asks the bypass. */
void *gate_malloc_past(size_t bytes, size_t alignment);

/* How every slow operation ends … */
static inline void gate_leave(void) {
    publish();
    door_leave();
    background_wake();
}

/* … and those that no library calls with locks held that a new thread needs (cache/background.h).
 */
void gate_start_background(void);
static inline void gate_leave_taking(void) {
    gate_leave();
    if (HAK_UNLIKELY(background_is_wanted())) {
        gate_start_background();
    }
}

static inline void *gate_malloc(size_t bytes) {
    if (HAK_LIKELY(bytes <= CLASS_TABLE_FINE_MAX)) {
        size_t row = class_table_fine_row(bytes);
        void *block = cache_take(HAK_RELAXED(class_table_fine[row]));
        return HAK_LIKELY(block != NULL) ? block : gate_malloc_slow(bytes, row);
    }
    return gate_malloc_beyond(bytes);
}

static inline bool gate_free_fast(void *block) {
    const hak_window_t *window = &hak_windows[0];
    size_t page = window_page_of(window, (uintptr_t)block);
    if (HAK_UNLIKELY(!window_has_page(window, page))) {
        return false;
    }
    /* The class's next malloc returns it, for the caller to write to. */
    __builtin_prefetch(block, 1);
    return cache_put(window_class(window, page), block);
}

static inline void gate_free(void *block) {
    if (HAK_UNLIKELY(!gate_free_fast(block))) {
        gate_free_slow(block);
    }
}

void *gate_calloc(size_t count, size_t bytes);
void *gate_realloc(void *block, size_t bytes);
void *gate_aligned(size_t alignment, size_t bytes); /* a power of two */
size_t gate_usable(const void *block);

void gate_free_waiting(void); /* the door (os/door.h) is open again */

#endif
