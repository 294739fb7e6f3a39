/*
 * background.h - HAKMEM_BACKGROUND=1: the thread that gives idle memory back while the program
 * makes no calls. It decides nothing: an interval (HAKMEM_PURGE_DELAY_MS) after the last time it
 * does what upkeep would do if the program called now, and when nothing is left to do it sleeps
 * until a slow operation wakes it. Nothing depends on it.
 *
 * When it is started: once the heap has BACKGROUND_LEAST_BYTES, at the end of a slow malloc, calloc
 * or realloc, outside of the door and so of all of hakmem's locks. Never from free: glibc calls
 * that with the lock of its list of stacks held, which pthread_create takes. Nor before the
 * constructors or in our destructor, nor by a thread that forks, is about to end, or is the child
 * of a vfork. Where the system refuses a thread there is none in this process; its children try
 * again.
 *
 * What it is: all signals blocked, but for those of libc's own; named hakmem; OS_THREAD_BYTES of
 * stack beside the threads' variables; without a cache, so that hakmem does not count it as a
 * thread of the program's. It takes hakmem's locks as any thread does, inside the door, so that
 * fork waits for it no longer than for others. The child of a fork is without it, and starts its
 * own.
 *
 * When it ends: with the process; and when the last thread that has a cache ends, which waits for
 * it. For libc ends a process whose main thread has called pthread_exit when the last thread ends.
 *
 * A module below upkeep: that calls this, and what the thread does is given to background_start.
 */
#ifndef HAK_BACKGROUND_H
#define HAK_BACKGROUND_H

#include "../base/base.h"

/* Twice of what may lie idle in a small heap (IDLE_LEAST_BYTES of demand.c). */
#define BACKGROUND_LEAST_BYTES (8 * HAK_MIB)

typedef enum {
    BACKGROUND_NONE, /* not wanted, refused, or the process ends */
    BACKGROUND_READY,
    BACKGROUND_WANTED,
    BACKGROUND_STARTS,
    BACKGROUND_RUNS,
    BACKGROUND_ENDS,
} hak_background_state_t;

/* What slow paths look at. */
typedef struct hak_background {
    uint32_t state;  /* a hak_background_state_t */
    uint32_t sleeps; /* 1: until it is woken */
} hak_background_t;
extern hak_background_t hak_background HAK_HIDDEN;

void background_prepare(void); /* once, before the program runs */
void background_want(void);
void background_wake_now(void);
/* `look`, inside the door, gives back what is due; false: nothing will be, until the program calls
 * again. `again`: it has. Keeps errno, and hak_tls.fresh. Call without locks, outside of the door.
 */
void background_start(bool (*look)(bool again));
/* The last thread that has a cache ends. */
void background_end_with_threads(void);
void background_in_child(void);
void background_end(void); /* at exit */

/* The heap has so much. Relaxed: a hint; whoever starts it makes sure. */
static inline void background_note_size(size_t bytes) {
    if (HAK_UNLIKELY(__atomic_load_n(&hak_background.state, __ATOMIC_RELAXED) ==
                     BACKGROUND_READY) &&
        bytes >= BACKGROUND_LEAST_BYTES) {
        background_want();
    }
}

/* A hint. */
static inline bool background_runs(void) {
    return __atomic_load_n(&hak_background.state, __ATOMIC_RELAXED) == BACKGROUND_RUNS;
}

static inline bool background_is_wanted(void) {
    return __atomic_load_n(&hak_background.state, __ATOMIC_RELAXED) == BACKGROUND_WANTED;
}

/* A hint. */
static inline bool background_sleeps(void) {
    return HAK_UNLIKELY(__atomic_load_n(&hak_background.sleeps, __ATOMIC_RELAXED) != 0);
}

/* After a slow operation. Sequentially consistent: the thread says that it sleeps and then looks,
 * whoever changes something looks then whether it sleeps. */
static inline void background_wake(void) {
    if (HAK_UNLIKELY(__atomic_load_n(&hak_background.sleeps, __ATOMIC_SEQ_CST) != 0)) {
        background_wake_now();
    }
}

#endif
