/*
 * idle.h - threads that wait, do something once, and wait again until all is over.
 *
 * They are started before anything is measured, on stacks of their own, so that what a reading sees
 * of them is what the allocator keeps for them. They work one at a time, in turn: the work and its
 * order are the same in every run.
 */
#ifndef WORKLOADS_IDLE_H
#define WORKLOADS_IDLE_H

#include <stdint.h>

typedef struct idle_threads idle_threads_t;

/* `work(context, number)` is what each does, from 0 on. */
idle_threads_t *idle_start(uint32_t count, void (*work)(void *context, uint32_t number),
                           void *context);
void idle_work(idle_threads_t *threads); /* returns when all have done it, and wait */
void idle_end(idle_threads_t *threads);

#endif
