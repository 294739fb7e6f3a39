/*
 * upkeep.h - gives memory back that is not needed, from slow paths; and, where the program wants it
 * (HAKMEM_BACKGROUND), from a thread that comes by when these do not (background.h).
 *
 * By time: what was idle for a whole interval (HAKMEM_PURGE_DELAY_MS) goes back, by the working-set
 * rule (Bonwick & Adams, 2001). It works as long as the program keeps calling.
 *
 * By growth: what threads, depots and slabs did not need while the heap grew by a sixteenth, to a
 * level that it never had, goes back the same way. So a program whose sizes move on as it grows,
 * such as one that appends to many strings, does not hold what it left behind at its peak.
 *
 * By need: a program that frees much may fall silent afterwards. So upkeep also looks at the levels
 * whenever a thread has let go of an eighth of what is in use. What is idle then beyond what the
 * program has shown to need (demand.h) goes back: at once where the heap is large or old, else an
 * interval after it grew. Until then every slow operation looks at the clock.
 *
 * Thread-safe; call without locks.
 */
#ifndef HAK_UPKEEP_H
#define HAK_UPKEEP_H

#include "thread_cache.h"

/* Upkeep, when it is due. The time, where this looked at the clock; else 0. */
uint64_t upkeep_tick(void);
/* A block took so much clean memory, in which each page that it touches is a fault. If that is a
 * large part of what is in use, and brings that to where it never was, as many dirty pages go back,
 * which did not serve it: they cost at most as many faults again, once for each new level. So a
 * program that grows by large blocks does not hold what it outgrew beside what it grew to. */
void upkeep_new_memory(size_t bytes);
/* For the thread that comes by while the program is silent, every interval: does what a slow path
 * would at this time. False: nothing was given back, taken or freed lately, so that nothing will be
 * found until the program calls again. `again`: it has, since the last look. */
bool upkeep_look_idle(bool again);
/* Returns what this thread and the depots cache to the slabs, and empty slabs to the span heap. */
void upkeep_return(void);
/* The calling thread will rest: what it keeps is free to others, and what of all idle memory the
 * program has not shown to need goes back. */
void upkeep_rest(void);
/* Gives back everything that is cached but for `keep_bytes` of dirty spans. Bytes. */
size_t upkeep_reclaim(size_t keep_bytes);

#endif
