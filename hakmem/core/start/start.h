/*
 * start.h - the order in which the allocator starts: at its first call, wherever that comes from,
 * which may be before any constructor.
 */
#ifndef HAK_START_H
#define HAK_START_H

#include "../base/base.h"

extern bool start_done HAK_HIDDEN;
void start_now(void); /* unless it is done; other threads wait */

static inline void start_once(void) {
    /* Acquire: what start-up wrote is seen. */
    if (HAK_UNLIKELY(!__atomic_load_n(&start_done, __ATOMIC_ACQUIRE))) {
        start_now();
    }
}

#endif
