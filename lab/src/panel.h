/*
 * panel.h - one launch of each setting of a workload, measured in turns.
 *
 * All are alive and warmed up, and one process works at a time, for some milliseconds, in an order
 * drawn for each block. So a block's turns lie within a fraction of a second, and what the machine
 * does meanwhile it does to all of them; what differs from launch to launch (addresses, pages, the
 * size of the environment) is drawn again in the next panel. While a process waits its clocks stand
 * still (turns.h of the workloads), so that none gives memory back for being kept waiting.
 *
 *   load      side by side: they read their input
 *   start     each fills its live set and does one round, timed; in parts of 3 ms, all in turn, so
 *             that physical pages are dealt to them alike (of one thread; others one after the
 *             other)
 *   warm-up   until neither the page faults of a turn nor its time fall any more, of all alike; of
 *             one thread as many at a time as there are processors, since nothing of it is measured
 *   blocks    each process a turn, on one processor that is drawn for the block (threads: on all);
 *             of so many rounds, the same for all, or fewer where a process takes many times as
 *             long as the reference. One whose single round is long sits out most blocks: it needs
 *             no more turns to be told apart. Untimed rounds before each turn fill the caches
 *   end       one after the other: memory is read, all is freed, memory is read again (in the first
 *             launches of the comparison; else it is not drained for that, and they end at once)
 *
 * A block is disturbed when a process waited for a processor, the hypervisor took time, or a fixed
 * loop before it (the canary) took a quarter longer than the run has seen it take. Such a block
 * stays in the raw data, marked, and another one is measured, up to half as many again.
 */
#ifndef LAB_PANEL_H
#define LAB_PANEL_H

#include "execute.h"
#include "process.h"

/* As executor_t's panel (execute.h). */
bool panel_measure(void *context, const task_t *tasks, size_t count, panel_shape_t shape,
                   json_t **records);

#endif
