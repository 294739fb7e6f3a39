/*
 * publish.h - HAKMEM_STATS_SHM=1: the figures of stats.h in a file that this process maps shared,
 * so that `hakmem top` reads them without a word to the process. published.h has the layout.
 *
 * There is no thread for it: whoever ends a slow operation writes them, inside the door and
 * without locks, unless another thread is at it. All that it takes is a twentieth of the time, with
 * a credit for bursts: so what a program did before it fell silent is there, but for operations
 * within the last fraction of a millisecond, and for what the fast path did since.
 *
 * The child of a fork has a file of its own, made in fork's handler; one that no handler saw (a
 * bare clone) has none, as the page that says where the file is mapped is wiped by the kernel. A
 * new program, by exec, makes its file in the place of the one before. The file is removed at exit;
 * what a killed process leaves is removed when another one starts, or by `hakmem top`.
 */
#ifndef HAK_PUBLISH_H
#define HAK_PUBLISH_H

#include "../base/base.h"

extern bool publish_is_on HAK_HIDDEN; /* in this process, and in the children that it forks */

void publish_start(void); /* once, before the program runs */
void publish_in_child(void);
void publish_end(void);

void publish_now(void);
/* At the end of each slow operation. */
static inline void publish(void) {
    if (HAK_UNLIKELY(publish_is_on)) {
        publish_now();
    }
}

#endif
