/*
 * lock.h - a small mutex: one word, futex-backed, no allocation, usable from a zeroed state.
 *
 * Drepper's three states ("Futexes Are Tricky", 2011): 0 free, 1 held, 2 held and waited for.
 * Critical sections here are tens of nanoseconds, so a waiter spins a little before it sleeps.
 * Locks nest by rank, low before high; a debug build checks the order per thread. Those of the heap
 * are taken by threads inside the door only (door.h), so that fork finds them free.
 */
#ifndef HAK_LOCK_H
#define HAK_LOCK_H

#include "../base/base.h"

typedef struct hak_lock {
    uint32_t word;
} hak_lock_t;

/* Ranks, in the order in which locks may nest. */
enum {
    LOCK_RANK_DOOR = 0,    /* one fork at a time */
    LOCK_RANK_INIT = 1,    /* start-up */
    LOCK_RANK_THREADS = 2, /* the list of threads */
    LOCK_RANK_CLASS = 3,   /* one class: depot and slabs; two classes never at once */
    LOCK_RANK_HEAP = 4,    /* the span heap and the windows */
    LOCK_RANK_META = 5,    /* metadata records */
    LOCK_RANK_HARDEN = 6,  /* what hardening keeps: of one class, or of guarded blocks */
};

void lock_acquire(hak_lock_t *lock, unsigned rank);
bool lock_try(hak_lock_t *lock, unsigned rank);
void lock_release(hak_lock_t *lock, unsigned rank);

#endif
