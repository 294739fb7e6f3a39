/*
 * front_gate.h - where every request and every pointer comes in: size to class by one table
 * look-up, pointer to class by one byte of the page map, then the thread's magazine. What the
 * magazine cannot do goes to the slow path, which is also what starts the allocator.
 *
 * The table holds, for each 16 bytes up to 64 KiB and each page up to 2 MiB, the class that serves
 * these sizes; 0 where they do not all have the same one (a bound of W_MAX runs through), where
 * none may serve, and everywhere when tiers are asked in turn (HAKMEM_FRONT_GATE_UNIFIED=0) or
 * requests go to libc. Class 0's magazine is the void one, so a 0 leads to the slow path.
 *
 * Semantics are glibc's. Thread-safe; not for signal handlers.
 */
#ifndef HAK_FRONT_GATE_H
#define HAK_FRONT_GATE_H

#include "../cache/thread_cache.h"

#define GATE_FINE_MAX  (64 * HAK_KIB)
#define GATE_FINE_ROWS (GATE_FINE_MAX / HAK_ALIGNMENT + 1)
#define GATE_PAGE_ROWS (LARGE_MAX_SIZE / HAK_PAGE_BYTES + 1)

extern uint8_t gate_fine_class[GATE_FINE_ROWS] HAK_HIDDEN;
extern uint8_t gate_page_class[GATE_PAGE_ROWS] HAK_HIDDEN;
/* The same tables for the slow paths, where the fast path's are empty. */
extern const uint8_t *gate_fine_rows HAK_HIDDEN, *gate_page_rows HAK_HIDDEN;

unsigned gate_class_by_table(size_t bytes); /* up to LARGE_MAX_SIZE; 0: the table does not know */
/* The class whose blocks are aligned so that the table names, as far as W_MAX allows; 0: the slow
 * path has to look. */
unsigned gate_aligned_class(size_t alignment, size_t bytes);

/* A block that the thread itself has, without ACE's whole way: of the class, or of the next ones
 * that ACE would ask. NULL: the slow path has to look. */
void *gate_pop_own(unsigned class_id, size_t bytes, size_t alignment);

/* Where the fast paths end, of requests that the table has a row for, and others. The first and the
 * last are hardening's (harden/harden.c), since at level 1 of it everything goes there. */
void *gate_malloc_slow(size_t bytes, size_t row);
void *gate_malloc_beyond(size_t bytes);
void gate_free_slow(void *block);
void *gate_malloc_unhardened(size_t bytes, unsigned class_id);
void gate_free_unhardened(void *block);

static inline void *gate_malloc(size_t bytes) {
    if (HAK_LIKELY(bytes <= GATE_FINE_MAX)) {
        size_t row = (bytes + HAK_ALIGNMENT - 1) / HAK_ALIGNMENT;
        size_t class_id = gate_fine_class[row];
        void **top = hak_tls.top[class_id];
        void *block = top[-1];
        if (HAK_LIKELY(block != NULL)) {
            cache_step_top(class_id, -1);
            return block;
        }
        return gate_malloc_slow(bytes, row);
    }
    return gate_malloc_beyond(bytes);
}

static inline bool gate_free_fast(void *block) {
    const hak_window_t *window = &hak_windows[0];
    size_t page = window_page_of(window, (uintptr_t)block);
    if (HAK_UNLIKELY(!window_has_page(window, page))) {
        return false;
    }
    size_t class_id = window_class(window, page);
    void **top = hak_tls.top[class_id];
    if (HAK_LIKELY(!magazine_is_full(top))) {
        *top = block;
        cache_step_top(class_id, 1);
        return true;
    }
    return false;
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

void gate_start(void); /* starts the allocator, if it has not */

/* Enters by the door (os/door.h), which every way into the heap does. false: it is closed, and
 * *block is what malloc returns; or the freed block waits. */
bool gate_enter(size_t bytes, size_t alignment, void **block);
bool gate_enter_to_free(void *block);
void gate_free_waiting(void); /* the door is open again */

/* For hardening (hardening.h), which does before and after them what it is for: what is left to do
 * past the thread's own magazines; a block, and its way back; a live block in another size, where
 * it lies or copied. */
void *gate_malloc_past(size_t bytes); /* starts the allocator, asks the bypass, then harden_alloc */
void gate_free_past(void *block);     /* of a pointer that is not hakmem's */
void *gate_take(size_t bytes, size_t alignment);
void *gate_take_aligned(size_t alignment, size_t bytes); /* … without upkeep */
void gate_give(void *block, unsigned class_id);
void *gate_resize(void *block, unsigned class_id, size_t bytes);
/* Moves the tables to where the fast path does not see them. At start-up only. */
void gate_hide_tables(void);

#endif
