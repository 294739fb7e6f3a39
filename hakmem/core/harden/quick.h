/*
 * quick.h - the way of most requests and pointers at level 1: the thread's magazine, and a flag in
 * the window that live.h looks at first. Inline in the gate's slow paths, which ask here before all
 * else, and go their other ways where the answer is "not mine". At the other levels that window has
 * no flags, and it always is.
 */
#ifndef HAK_QUICK_H
#define HAK_QUICK_H

#include "../cache/thread_cache.h"
#include "live.h"

/* The block is off the magazine before its flag is raised, so that a signal handler in between
 * takes another. */
static inline bool quick_raise(size_t class_id, uint8_t *flag) {
    if (HAK_UNLIKELY(HAK_RELAXED(*flag) != HAK_CLASS_NONE)) {
        return false;
    }
    cache_step_top(class_id, -1);
    live_set_class(flag, class_id);
    return true;
}

/* Takes the block off the thread's magazine of the class, on top of which it lies; false: not mine,
 * and it lies there still. (Where the magazine is empty, NULL lies in no window.) */
static inline bool quick_take(const void *block, uint8_t class_id) {
    const hak_window_t *window = LIVE_WINDOW;
    size_t unit = live_unit(window, (uintptr_t)block);
    if (HAK_UNLIKELY(!live_has_unit(window, unit) || live_class(window, unit) != class_id)) {
        return false;
    }
    if (HAK_LIKELY(unit % LIVE_PAGE_UNITS ==
                   0)) { /* as live_flag_of, but each with an end of its own */
        return quick_raise(class_id, window->live_pages + unit / LIVE_PAGE_UNITS);
    }
    return quick_raise(class_id, window->live_small + unit);
}

/* Lowers the flag of a block that begins there; false: not mine. The block's class; HAK_CLASS_NONE:
 * the flag was down. */
static inline bool quick_lower(const void *block, size_t *class_id) {
    const hak_window_t *window = LIVE_WINDOW;
    size_t unit = live_unit(window, (uintptr_t)block);
    if (HAK_UNLIKELY(!live_has_unit(window, unit))) {
        return false;
    }
    *class_id = live_lower(live_flag_of(window, unit));
    return true;
}

#endif
