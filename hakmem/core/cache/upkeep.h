/*
 * upkeep.h - gives memory back that is not needed, from slow paths: there is no thread for it.
 *
 * By time: what was idle for a whole interval (HAKMEM_PURGE_DELAY_MS) goes back, by the working-set
 * rule (Bonwick & Adams, 2001). It works as long as the program keeps calling.
 *
 * By volume: a program that frees most of what it has and then falls silent makes no further call.
 * So upkeep looks whenever a thread has let go of an eighth of what is in use. When use has fallen
 * to a quarter of its highest level, everything idle goes back at once; and again with each further
 * eighth, below 16 MiB each sixteenth. A heap of less than 128 MiB must be old enough for that: the
 * smaller, the nearer to the interval. Below half of the highest level each thread that looks hands
 * in what it caches. If use goes up and down, the program soon takes again what was given back. Its
 * page faults count as a loss (as they do where nothing was given back, but would have been): until
 * that loss is a hundredth of the time that has passed, only the rule of time applies.
 *
 * Thread-safe; call without locks.
 */
#ifndef HAK_UPKEEP_H
#define HAK_UPKEEP_H

#include "thread_cache.h"

/* Upkeep, when it is due. */
void upkeep_tick(void);
/* Returns what this thread and the depots cache to the slabs, and empty slabs to the span heap. */
void upkeep_return(void);
/* Gives back everything that is cached but for `keep_bytes` of dirty spans. Bytes. */
size_t upkeep_reclaim(size_t keep_bytes);

#endif
