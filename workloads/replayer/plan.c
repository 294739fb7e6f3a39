/*
 * plan.c - see plan.h.
 *
 * Two passes over the trace. The first finds for each event that makes a version whether another
 * thread ends it. The second gives out slots and appends the operations to their threads' lists.
 */
#include "replayer/plan.h"

#include "common/arena.h"
#include "shared/die.h"

#include <stdlib.h>
#include <string.h>

/* ---- pass 1: versions that cross threads ---- */

typedef struct versions {
    uint64_t *maker;        /* by block: the event that made its present version */
    unsigned char *crosses; /* by event */
} versions_t;

static void find_crossings(const trace_t *trace, versions_t *versions) {
    for (uint64_t i = 0; i < trace->event_count; i++) {
        const trace_event_t *event = &trace->events[i];
        if (trace_op_uses_block(event->op)) {
            uint64_t maker = versions->maker[event->block];
            versions->crosses[maker] = trace->events[maker].thread != event->thread;
        }
        if (trace_op_has_size(event->op))
            versions->maker[event->block] = i;
    }
}

/* ---- pass 2: slots and operations ---- */

typedef struct slot_pool {
    uint32_t *free_slots;
    uint64_t count, room;
} slot_pool_t;

typedef struct version {
    uint64_t bytes;
    uint32_t slot;
    uint32_t thread;
    bool is_live, is_shared;
} version_t;

typedef struct builder {
    plan_t *plan;
    slot_pool_t *pools;  /* by thread */
    version_t *versions; /* by block */
    uint64_t *epochs;    /* by thread: plus one, 0: none yet */
    uint64_t *waits;     /* by thread: the time of its last wait */
    int64_t *nets;       /* by thread: bytes made alive less bytes ended */
    uint64_t live;
} builder_t;

/* A table with room for one item more than `count`. */
static void *room_for_one(void *table, uint64_t count, uint64_t *room, size_t item_bytes) {
    uint64_t old = *room;
    if (count < old)
        return table;
    *room = old == 0 ? 1024 : 2 * old;
    return old == 0 ? arena_alloc(*room, item_bytes) : arena_grow(table, old, *room, item_bytes);
}

static uint32_t take_slot(builder_t *builder, uint32_t thread) {
    slot_pool_t *pool = &builder->pools[thread];
    if (pool->count > 0)
        return pool->free_slots[--pool->count];
    return builder->plan->threads[thread].slot_count++;
}

static void give_slot(builder_t *builder, uint32_t thread, uint32_t slot) {
    slot_pool_t *pool = &builder->pools[thread];
    pool->free_slots = room_for_one(pool->free_slots, pool->count, &pool->room, sizeof(uint32_t));
    pool->free_slots[pool->count++] = slot;
}

static void add_item(plan_thread_t *thread, plan_item_t item) {
    thread->items = room_for_one(thread->items, thread->item_count + PLAN_FETCHED,
                                 &thread->item_room, sizeof item);
    thread->items[thread->item_count++] = item;
}

static void add_long(plan_thread_t *thread, plan_long_t op) {
    thread->longs = room_for_one(thread->longs, thread->long_count, &thread->long_room, sizeof op);
    thread->longs[thread->long_count++] = op;
    add_item(thread, (plan_item_t){.kind = PLAN_LONG});
}

static void add_op(plan_thread_t *thread, plan_long_t op) {
    uint32_t slot = op.kind == PLAN_FREE ? op.from : op.to;
    bool is_short = op.kind != PLAN_REALLOC && !op.to_is_shared && !op.from_is_shared &&
                    slot < PLAN_SLOTS_MAX && op.bytes <= UINT32_MAX;
    plan_item_t item = {.kind = op.kind, .slot = slot, .bytes = (uint32_t)op.bytes};
    if (op.kind == PLAN_ALIGNED) {
        is_short = is_short && op.bytes < PLAN_ALIGNED_BYTES_MAX;
        item.aligned_bytes = op.bytes;
        item.align_shift = op.align_shift;
    }
    if (is_short)
        add_item(thread, item);
    else
        add_long(thread, op);
}

static void enter_epoch(builder_t *builder, uint32_t thread, uint64_t epoch) {
    plan_t *plan = builder->plan;
    if (plan->thread_count == 1 || builder->epochs[thread] == epoch + 1)
        return;
    builder->epochs[thread] = epoch + 1;
    plan->epoch_threads[epoch]++;
    add_item(&plan->threads[thread], (plan_item_t){.kind = PLAN_EPOCH, .bytes = (uint32_t)epoch});
}

static void add_mark(builder_t *builder, uint32_t number, uint64_t event) {
    plan_thread_t *thread = &builder->plan->threads[number];
    static const plan_mark_t none;
    const plan_mark_t *last =
        thread->mark_count == 0 ? &none : &thread->marks[thread->mark_count - 1];
    uint64_t moved = (uint64_t)llabs(builder->nets[number] - last->live);
    if (builder->plan->thread_count == 1 ||
        (thread->ops - last->done < PLAN_MARK_EVENTS &&
         moved <= builder->plan->peak_live_bytes / PLAN_MARK_SHARE))
        return;
    thread->marks =
        room_for_one(thread->marks, thread->mark_count, &thread->mark_room, sizeof(plan_mark_t));
    thread->marks[thread->mark_count++] = (plan_mark_t){
        .event = (uint32_t)event, .done = (uint32_t)thread->ops, .live = builder->nets[number]};
    add_item(thread, (plan_item_t){.kind = PLAN_MARK});
}

static void add_wait(builder_t *builder, uint32_t number, uint64_t time_ns) {
    plan_thread_t *thread = &builder->plan->threads[number];
    if (time_ns < builder->waits[number] + PLAN_WAIT_NS)
        return;
    builder->waits[number] = time_ns;
    plan_item_t item = {.ns = time_ns};
    item.kind = PLAN_WAIT;
    add_item(thread, item);
}

/* What is alive, in the trace's order and by thread. */
static void count_live(builder_t *builder, const trace_event_t *event, uint64_t old_bytes) {
    plan_t *plan = builder->plan;
    uint64_t made = trace_op_has_size(event->op) ? event->bytes : 0;
    uint64_t ended = trace_op_uses_block(event->op) ? old_bytes : 0;
    builder->nets[event->thread] += (int64_t)made - (int64_t)ended;
    builder->live += made - ended;
    if (plan->live != NULL)
        plan->live[plan->ops] = builder->live;
    plan->ops++;
}

static uint8_t kind_of(trace_op_t op) {
    static const uint8_t kinds[] = {[TRACE_MALLOC] = PLAN_MALLOC,
                                    [TRACE_CALLOC] = PLAN_CALLOC,
                                    [TRACE_REALLOC] = PLAN_REALLOC,
                                    [TRACE_ALIGNED] = PLAN_ALIGNED,
                                    [TRACE_FREE] = PLAN_FREE};
    return kinds[op];
}

static void end_version(builder_t *builder, const trace_event_t *event, plan_long_t *op) {
    version_t *version = &builder->versions[event->block];
    op->from = version->slot;
    op->from_is_shared = version->is_shared;
    version->is_live = false;
    if (!version->is_shared)
        give_slot(builder, event->thread, version->slot);
}

static void make_version(builder_t *builder, const trace_event_t *event, bool crosses,
                         plan_long_t *op) {
    version_t *version = &builder->versions[event->block];
    *version = (version_t){.bytes = event->bytes,
                           .thread = event->thread,
                           .is_live = true,
                           .is_shared = crosses,
                           .slot = crosses ? builder->plan->shared_slot_count++
                                           : take_slot(builder, event->thread)};
    op->to = version->slot;
    op->to_is_shared = version->is_shared;
}

static void add_event(builder_t *builder, const trace_event_t *event, bool crosses) {
    plan_thread_t *thread = &builder->plan->threads[event->thread];
    uint64_t old_bytes = builder->versions[event->block].bytes;
    uint64_t bytes = event->op == TRACE_FREE ? old_bytes : event->bytes;
    plan_long_t op = {.kind = kind_of(event->op),
                      .align_shift = event->align_shift,
                      .bytes = bytes,
                      .old_bytes = event->op == TRACE_REALLOC ? old_bytes : 0};
    count_live(builder, event, old_bytes);
    if (trace_op_uses_block(event->op))
        end_version(builder, event, &op);
    if (trace_op_has_size(event->op))
        make_version(builder, event, crosses, &op);
    add_op(thread, op);
    thread->ops++;
    thread->checksum += trace_op_has_size(event->op) ? plan_checksum(op.kind, bytes) : 0;
}

static void add_leftovers(builder_t *builder, uint64_t block_count) {
    plan_t *plan = builder->plan;
    for (uint64_t i = 0; i < block_count; i++) {
        if (builder->versions[i].is_live)
            plan->threads[builder->versions[i].thread].leftover_count++;
    }
    for (uint32_t t = 0; t < plan->thread_count; t++) {
        plan_thread_t *thread = &plan->threads[t];
        thread->leftovers = arena_alloc(thread->leftover_count, sizeof *thread->leftovers);
        thread->leftover_count = 0;
    }
    for (uint64_t i = 0; i < block_count; i++) {
        const version_t *version = &builder->versions[i];
        plan_thread_t *thread = &plan->threads[version->thread];
        if (version->is_live) {
            thread->leftovers[thread->leftover_count++] =
                (plan_leftover_t){.slot = version->slot, .bytes = version->bytes};
            plan->leftover_bytes += version->bytes;
        }
    }
}

static void close_builder(builder_t *builder, const trace_t *trace) {
    for (uint32_t t = 0; t < trace->thread_count; t++) {
        if (builder->pools[t].room > 0)
            arena_free(builder->pools[t].free_slots, builder->pools[t].room, sizeof(uint32_t));
    }
    arena_free(builder->pools, trace->thread_count, sizeof *builder->pools);
    arena_free(builder->versions, trace->block_count, sizeof *builder->versions);
    arena_free(builder->epochs, trace->thread_count, sizeof *builder->epochs);
    arena_free(builder->waits, trace->thread_count, sizeof *builder->waits);
    arena_free(builder->nets, trace->thread_count, sizeof *builder->nets);
}

static void add_all(builder_t *builder, const trace_t *trace, const versions_t *versions) {
    plan_t *plan = builder->plan;
    for (uint64_t i = 0; i < trace->event_count; i++) {
        const trace_event_t *event = &trace->events[i];
        if (event->op == TRACE_THREAD_START || event->op == TRACE_THREAD_EXIT)
            continue;
        enter_epoch(builder, event->thread, i / plan->options.epoch_events);
        if (plan->options.timed)
            add_wait(builder, event->thread,
                     (trace->times[i] - trace->times[0]) * trace->time_unit_ns);
        add_event(builder, event, versions->crosses[i] != 0);
        add_mark(builder, event->thread, i);
    }
    for (uint32_t t = 0; t < plan->thread_count; t++)
        add_item(&plan->threads[t], (plan_item_t){.kind = PLAN_END});
}

void plan_make(const trace_t *trace, plan_options_t options, plan_t *out) {
    versions_t versions = {.maker = arena_alloc(trace->block_count, sizeof(uint64_t)),
                           .crosses = arena_alloc(trace->event_count, 1)};
    find_crossings(trace, &versions);

    uint32_t epochs =
        (uint32_t)((trace->event_count + options.epoch_events - 1) / options.epoch_events);
    *out = (plan_t){.options = options,
                    .threads = arena_alloc(trace->thread_count, sizeof(plan_thread_t)),
                    .thread_count = trace->thread_count,
                    .epoch_count = epochs,
                    .epoch_threads = arena_alloc(epochs, sizeof(uint32_t)),
                    .peak_live_bytes = trace->peak_live_bytes};
    if (trace->thread_count > 1)
        out->live = arena_alloc(trace->event_count, sizeof(uint64_t));
    builder_t builder = {.plan = out,
                         .pools = arena_alloc(trace->thread_count, sizeof(slot_pool_t)),
                         .versions = arena_alloc(trace->block_count, sizeof(version_t)),
                         .epochs = arena_alloc(trace->thread_count, sizeof(uint64_t)),
                         .waits = arena_alloc(trace->thread_count, sizeof(uint64_t)),
                         .nets = arena_alloc(trace->thread_count, sizeof(int64_t))};
    add_all(&builder, trace, &versions);
    add_leftovers(&builder, trace->block_count);
    close_builder(&builder, trace);
    arena_free(versions.maker, trace->block_count, sizeof(uint64_t));
    arena_free(versions.crosses, trace->event_count, 1);
}
