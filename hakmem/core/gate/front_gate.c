/* front_gate.c - see front_gate.h: the slow paths of malloc and free. */
#include "front_gate.h"

#include <errno.h>

#include "../box/beside.h"
#include "../box/front_gate_classifier.h"
#include "../box/libc_bypass.h"
#include "../box/plain.h"
#include "../cache/upkeep.h"
#include "../harden/harden.h"
#include "../harden/quick.h"
#include "../hakmem_l25_pool.h"
#include "../os/door.h"
#include "../os/fatal.h"
#include "../slab/size_sample.h"
#include "../start/start.h"

/* Every way into the heap goes by the door (os/door.h). False: it is closed, and *block is what
 * malloc returns. */
static bool enter(size_t bytes, size_t alignment, void **block) {
    if (HAK_LIKELY(door_enter())) {
        return true;
    }
    *block = beside_alloc(bytes, alignment);
    if (*block == NULL) {
        door_enter_late();
        return true;
    }
    hak_tls.fresh = true;
    return false;
}

/* False: it is closed, and the freed block waits. */
static bool enter_to_free(void *block) {
    if (HAK_LIKELY(door_enter())) {
        return true;
    }
    if (!beside_wait(block)) {
        door_enter_late();
        return true;
    }
    if (!door_is_closed()) { /* who opened it may have looked too early */
        gate_free_waiting();
    }
    return false;
}

static bool look_in_background(bool again) {
    bool more = upkeep_look_idle(again);
    publish();
    return more;
}

HAK_NOINLINE void gate_start_background(void) {
    background_start(look_in_background);
}

HAK_NOINLINE void *gate_malloc_past(size_t bytes, size_t alignment) {
    void *block = NULL;
    int saved_errno = errno;
    start_once();
    if (bytes > HAK_MAX_REQUEST || alignment > HAK_MAX_REQUEST / 2) {
        block = NULL;
    } else if (bypass_takes(bytes)) {
        return bypass_alloc(bytes, alignment);
    } else if (enter(bytes, alignment, &block)) {
        block = harden_is_on() ? harden_alloc(bytes, alignment) : plain_take(bytes, alignment);
        gate_leave_taking();
    }
    errno = block != NULL ? saved_errno : ENOMEM;
    return block;
}

/* A Large block of a dirty span of the heap, without upkeep; NULL: there is none that serves. */
static void *take_dirty(size_t bytes, size_t class_id) {
    int saved_errno = errno;
    void *block = NULL;
    if (door_enter()) {
        block = large_take_dirty(class_id, hak_pages_for(bytes));
        gate_leave_taking();
        errno = saved_errno;
    }
    return block;
}

static HAK_NOINLINE void *malloc_dirty(size_t bytes, size_t class_id) {
    void *block = take_dirty(bytes, class_id);
    return block != NULL ? block : gate_malloc_past(bytes, HAK_ALIGNMENT);
}

/* Of a class that keeps no magazines: of what waits to be merged, unless upkeep is due. */
static HAK_NOINLINE void *malloc_large(size_t bytes, size_t class_id) {
    hak_thread_t *thread = hak_tls.thread;
    if (HAK_UNLIKELY(thread == NULL || !large_may_be_quick(thread))) {
        return gate_malloc_past(bytes, HAK_ALIGNMENT);
    }
    const hak_span_t *span = large_take(thread, class_id, hak_pages_for(bytes));
    return HAK_LIKELY(span != NULL) ? (void *)span->base : malloc_dirty(bytes, class_id);
}

/* The same while HAKMEM_LEARN watches: the longer way notes the request by itself. */
static HAK_NOINLINE void *malloc_watched(size_t bytes, size_t class_id) {
    hak_thread_t *thread = hak_tls.thread;
    if (thread == NULL || !large_may_be_quick(thread)) {
        return gate_malloc_past(bytes, HAK_ALIGNMENT);
    }
    const hak_span_t *span = large_take(thread, class_id, hak_pages_for(bytes));
    void *block = span != NULL ? (void *)span->base : take_dirty(bytes, class_id);
    if (block == NULL) {
        return gate_malloc_past(bytes, HAK_ALIGNMENT);
    }
    size_sample_note(bytes);
    return block;
}

static HAK_NOINLINE void *malloc_unhardened(size_t bytes, size_t class_id) {
    if (hak_large_waits[class_id]) {
        return HAK_LIKELY(!size_sample_is_watching()) ? malloc_large(bytes, class_id)
                                                      : malloc_watched(bytes, class_id);
    }
    void *block = plain_take_own((unsigned)class_id, bytes, HAK_ALIGNMENT);
    return block != NULL ? block : gate_malloc_past(bytes, HAK_ALIGNMENT);
}

/* At level 2; at level 1 where the magazine is empty, the block of another window, or not what it
 * should be. */
static HAK_NOINLINE void *malloc_hardened(size_t bytes, size_t class_id) {
    void *block = hak_options.harden == HARDEN_FREES ? cache_take(class_id) : NULL;
    if (block == NULL) {
        return gate_malloc_past(bytes, HAK_ALIGNMENT);
    }
    harden_raise(block, (unsigned)class_id);
    return block;
}

HAK_NOINLINE void *gate_malloc_slow(size_t bytes, size_t row) {
    size_t class_id = HAK_RELAXED(class_table_fine_rows[row]);
    void *block = hak_tls.top[class_id][-1];
#if defined(__x86_64__) /* where they are to be in the end: the compiler would copy both */
    __asm__("" : "+a"(block), "+D"(bytes));
#endif
    if (HAK_LIKELY(quick_take(block, (uint8_t)class_id))) {
        return block;
    }
    return harden_is_on() ? malloc_hardened(bytes, class_id) : malloc_unhardened(bytes, class_id);
}

/* Of a row that is hidden, if its blocks wait: with hardening none do. */
static HAK_NOINLINE void *malloc_hidden(size_t bytes, size_t class_id) {
    size_t hidden_id = HAK_RELAXED(class_table_page_rows[hak_pages_for(bytes)]);
    return malloc_unhardened(bytes, hak_large_waits[hidden_id] ? hidden_id : class_id);
}

/* With hardening the table is empty, and gate_malloc_past is where this leads. */
HAK_NOINLINE void *gate_malloc_beyond(size_t bytes) {
    if (HAK_UNLIKELY(bytes > LARGE_MAX_SIZE)) {
        return malloc_unhardened(bytes, HAK_CLASS_NONE);
    }
    size_t class_id = HAK_RELAXED(class_table_page[hak_pages_for(bytes)]);
    return HAK_LIKELY(hak_large_waits[class_id]) ? malloc_large(bytes, class_id)
                                                 : malloc_hidden(bytes, class_id);
}

static void give(void *block, unsigned class_id) {
    int saved_errno = errno;
    if (enter_to_free(block)) {
        plain_give(block, class_id);
        gate_leave();
    }
    errno = saved_errno;
}

static HAK_NOINLINE void give_own(void *block, size_t class_id) {
    if (!cache_push_own((unsigned)class_id, block)) {
        give(block, (unsigned)class_id);
    }
}

/* Level 2: the block waits, and one that has waited is free. */
static void give_careful(void *block, unsigned class_id) {
    int saved_errno = errno;
    if (enter_to_free(block)) {
        cache_attach();
        void *waited = harden_retire(block, class_id);
        if (waited != NULL) {
            plain_give_own(waited, class_id);
        }
        gate_leave();
    }
    errno = saved_errno;
}

static void free_again(void *block) {
    unsigned class_id = classify_class(block);
    if (hak_options.harden >= HARDEN_ALL) {
        give_careful(block, class_id);
    } else {
        give(block, class_id);
    }
}

void gate_free_waiting(void) {
    beside_return(free_again);
}

static void free_foreign(void *block) {
    if (!beside_free(block)) {
        HAK_CHECK(bypass_owns_foreign(), "free of an invalid pointer", block);
        bypass_free(block);
    }
}

/* Past the thread's own magazines. */
static HAK_NOINLINE void free_past(void *block) {
    int saved_errno = errno;
    start_once();
    unsigned class_id = classify_class(block);
    if (class_id == HAK_CLASS_NONE) {
        free_foreign(block);
    } else {
        give(block, class_id);
    }
    errno = saved_errno;
}

/* Any pointer, at any level of hardening. */
static HAK_NOINLINE void free_hardened(void *block) {
    unsigned class_id = classify_class(block);
    if (class_id == HAK_CLASS_NONE) {
        free_past(block);
        return;
    }
    harden_end(block, class_id);
    if (hak_options.harden >= HARDEN_ALL) {
        give_careful(block, class_id);
    } else if (!cache_put(class_id, block)) {
        give_own(block, class_id);
    }
}

static HAK_NOINLINE void give_span(void *block, size_t class_id) {
    hak_thread_t *thread = hak_tls.thread;
    if (hak_large_waits[class_id] && thread != NULL && !background_sleeps() &&
        span_of_block(block) != NULL && large_may_be_quick(thread)) {
        int saved_errno = errno;
        if (door_enter()) {
            large_give_dirty(block, class_id);
            gate_leave();
            errno = saved_errno;
            return;
        }
    }
    give_own(block, class_id);
}

static HAK_NOINLINE void give_again(void *block, size_t class_id) {
    deferred_use_again(span_of(block));
    give_own(block, class_id);
}

static HAK_NOINLINE void free_elsewhere(void *block) {
    const hak_window_t *window = &hak_windows[0]; /* with hardening it is void */
    size_t page = window_page_of(window, (uintptr_t)block), class_id;
    if (HAK_LIKELY(window_has_page(window, page)) &&
        (class_id = window_class(window, page)) != HAK_CLASS_NONE) {
        hak_large_given_t given =
            background_sleeps() ? LARGE_IN_USE : large_give_last(block, page, class_id);
        if (given == LARGE_IN_USE) {
            give_span(block, class_id);
        } else if (HAK_UNLIKELY(given == LARGE_USED_AGAIN)) {
            give_again(block, class_id);
        }
    } else if (block != NULL && harden_is_on()) {
        free_hardened(block);
    } else if (block != NULL) {
        free_past(block);
    }
}

HAK_NOINLINE void gate_free_slow(void *block) {
    size_t class_id;
    if (!quick_lower(block, &class_id)) {
        free_elsewhere(block);
        return;
    }
    if (HAK_LIKELY(cache_put(class_id, block))) {
        return;
    }
    if (class_id != HAK_CLASS_NONE) {
        give_own(block, class_id);
    } else { /* the flag was down */
        free_hardened(block);
    }
}
