/*
 * bound.c - see bound.h.
 */
#include "packing/bound.h"

#include "common/arena.h"

void bound_of_trace(const trace_t *trace, uint64_t unit, uint64_t page_bytes, memory_bound_t *out) {
    uint64_t *sizes = arena_alloc(trace->block_count, sizeof *sizes), live = 0, rounded = 0;
    *out = (memory_bound_t){.live_bytes = 0};
    for (uint64_t i = 0; i < trace->event_count; i++) {
        const trace_event_t *event = &trace->events[i];
        if (trace_op_uses_block(event->op)) {
            live -= sizes[event->block];
            rounded -= (sizes[event->block] + unit - 1) / unit;
        }
        if (trace_op_has_size(event->op)) {
            sizes[event->block] = event->bytes;
            live += event->bytes;
            rounded += (event->bytes + unit - 1) / unit;
        }
        uint64_t pages = (rounded * unit + page_bytes - 1) / page_bytes;
        if (pages > out->pages) {
            out->pages = pages;
            out->event = i;
        }
        out->live_bytes = live > out->live_bytes ? live : out->live_bytes;
    }
    arena_free(sizes, trace->block_count, sizeof *sizes);
}
