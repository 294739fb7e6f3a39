/*
 * order.h - how near a replay came to the order of its trace.
 *
 * Threads of a replay run freely within a window, so their events do not come in the trace's order.
 * From the times at which they passed their marks:
 *
 *   behind   at a mark, how many events later in the trace than the thread's last one some other
 *            thread had done already: how far out of order that event is
 *   live     bytes alive as replayed, against those of the trace when as many operations had been
 *            done
 *
 * Both are known as closely as marks stand (plan.h).
 */
#ifndef WORKLOADS_ORDER_H
#define WORKLOADS_ORDER_H

#include "replayer/plan.h"

typedef struct order {
    uint64_t bound; /* no event can be further out of order than that */
    uint64_t behind_p50, behind_p99, behind_max;
    uint64_t peak_live_bytes;                 /* as replayed */
    uint64_t live_error_mean, live_error_max; /* bytes, either way */
    uint64_t marks;
} order_t;

/* `ticks`: by thread, the times of its marks; every mark was passed. */
void order_read(const plan_t *plan, uint64_t *const *ticks, order_t *out);

#endif
