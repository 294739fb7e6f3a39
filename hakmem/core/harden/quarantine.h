/*
 * quarantine.h - where blocks of slabs wait, per class (level 2): freed ones, so that they are not
 * reused for a while, first in first out; and free ones, of which malloc gets one at random.
 *
 * Both are bounded: a class's quarantine holds 128 KiB (between 4 and 256 blocks), its lot half of
 * that and 16 blocks at most. Threads: a lock per class (LOCK_RANK_HARDEN), under which nothing
 * else is called. Without memory for the records nothing is kept.
 */
#ifndef HAK_QUARANTINE_H
#define HAK_QUARANTINE_H

#include "../base/base.h"

/* Takes a block in; the one that has waited longest, if there is no room for both, else NULL. */
void *quarantine_put(unsigned class_id, void *block);
/* The block that has waited longest, or NULL: for when memory is short. */
void *quarantine_take(unsigned class_id);

/* Puts a free block in the lot and draws one; NULL: the lot has taken it, give it another one. */
void *quarantine_draw(unsigned class_id, void *block);
/* Any block of the lot, or NULL: for when memory is short. */
void *quarantine_draw_last(unsigned class_id);

/* How many blocks of a class wait here. */
size_t quarantine_count(unsigned class_id);

/* A freed block that was written to, or NULL. The door is closed (os/door.h). */
const void *quarantine_find_written(void);

#endif
