/* window_table.c - see window_table.h and window.h. */
#include "window_table.h"

#include "../os/os.h"
#include "span.h"

HAK_APART hak_window_t hak_windows[WINDOW_MAX];
unsigned window_count;

static inline hak_window_t *search(uintptr_t address) {
    /* Acquire: the window's fields were written before it was counted. */
    unsigned count = __atomic_load_n(&window_count, __ATOMIC_ACQUIRE);
    for (unsigned i = 0; i < count; i++) {
        hak_window_t *window = &hak_windows[i];
        /* Acquire: the maps were committed before the pages were. */
        size_t committed = __atomic_load_n(&window->committed_pages, __ATOMIC_ACQUIRE);
        if (window_page_of(window, address) < committed) {
            return window;
        }
    }
    return NULL;
}

/* A program may hand a block on by a relaxed store, where all that the reader does depends on the
 * pointer. Nothing but a fence then keeps a load of these counts behind that of the pointer, but
 * for x86-64, which keeps all loads in order. */
hak_window_t *window_find(uintptr_t address) {
    hak_window_t *window = search(address);
#if !defined(__x86_64__)
    if (HAK_UNLIKELY(window == NULL)) {
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        window = search(address);
    }
#endif
    return window;
}

hak_span_t *span_of(const void *pointer) {
    uintptr_t address = (uintptr_t)pointer;
    hak_window_t *window = window_find(address);
    return window == NULL ? NULL : window->span_of[window_page_of(window, address)];
}

hak_span_t *span_of_block(const void *block) {
    hak_span_t *span = span_of(block);
    bool begins = span != NULL && span_state(span) == SPAN_USED && span->base == (uintptr_t)block;
    return begins ? span : NULL;
}

hak_window_t *window_at(unsigned index) {
    /* Acquire: as in window_find. */
    bool exists = index < __atomic_load_n(&window_count, __ATOMIC_ACQUIRE);
    return exists ? &hak_windows[index] : NULL;
}

/* All that the window reserves comes into core dumps: one mapping fewer, or as many. */
static void dump_all(const hak_window_t *window) {
    uintptr_t end = window_frontier(window) + window_reserve_bytes(window);
    os_set_dumped(window->class_of, end - (uintptr_t)window->class_of, true);
}

int window_commit(const hak_window_t *window, void *start, size_t bytes) {
    if (os_set_dumped(start, bytes, true) != 0) {
        dump_all(window);
    }
    return os_commit(start, bytes);
}

size_t window_mapped_bytes(void) {
    size_t pages = 0;
    unsigned count = __atomic_load_n(&window_count, __ATOMIC_ACQUIRE); /* as in window_find */
    for (unsigned i = 0; i < count; i++) {
        pages += __atomic_load_n(&hak_windows[i].committed_pages, __ATOMIC_RELAXED);
    }
    return pages << HAK_PAGE_SHIFT;
}

size_t window_map_bytes(void) {
    return (window_mapped_bytes() >> HAK_PAGE_SHIFT) * (1 + sizeof(hak_span_t *));
}
