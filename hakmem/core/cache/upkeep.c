/* upkeep.c - see upkeep.h. */
#include "upkeep.h"

#include "../options/options.h"
#include "../os/os.h"
#include "../slab/slab_guard.h"
#include "../span/huge.h"
#include "../span/limit.h"
#include "../span/meta.h"
#include "background.h"
#include "demand.h"

/* A level is looked at when it has changed by so much: what is in use, by what one thread let go of
 * or took, or by one new block; and what the heap holds, by half of that, of growth. A sixteenth of
 * what is in use cost mid33 (first byte touched) a tenth of its speed, and no drain ended at less.
 * An eighth of growth cost ghostscript's trace 2 % of its peak, and appends 3 %. */
#define STEP_LEAST_BYTES (2 * HAK_MIB)
#define STEP_SHARE       8

/* Of no more blocks a page, nineteen in twenty free at random leave four pages of ten without a
 * live one; of more hardly any, but for classes that the program has left: those of which less than
 * such a share is in use. Of 343 MiB of sizes that double by phase 27 were such pages; with a 64th
 * 17 of them go back. If they go back of all classes, drain-small rests at 112 MiB instead of 108.
 */
#define FEW_BLOCKS 16
#define LEFT_SHARE 32

/* Idle memory goes from the depots to the slabs, from these to the heap, and from there to the
 * system, an interval apart. */
#define STILL_LOOKS 3

static uint64_t next_tick_ms;
static size_t grown_to; /* the highest level of memory held, at a look */

static struct {
    uint32_t looking;  /* 1: a thread looks; the others pass by */
    uint32_t purging;  /* 1: it gives back, what these keep included: a hint to them */
    size_t step_bytes; /* flow of a thread between two looks */
    size_t highest;    /* in use when a block was a large part of it */
    hak_levels_t now;  /* these belong to whoever holds `looking` */
    bool at_rest;      /* a look for hak_idle */
    hak_demand_t demand;
} flow = {.step_bytes = STEP_LEAST_BYTES};

/* Of the thread in the background alone. */
static struct {
    hak_levels_t levels; /* when they changed last */
    uint64_t tick_ms;    /* next_tick_ms at the last look */
    unsigned looks;      /* since then, with the rule of time applied between */
} still;

static size_t step_of(size_t level) {
    return hak_max(level / STEP_SHARE, STEP_LEAST_BYTES);
}

/* `passed` as of least_due, here and below. */
static void trim_depots(unsigned passed) {
    for (unsigned id = depot_next_used(0); id < HAK_CLASS_COUNT; id = depot_next_used(id + 1)) {
        if (class_has_slabs(id)) {
            depot_trim(id, passed);
        }
    }
}

/* By growth, of the classes among which ACE chooses only those of which most is free: others are
 * wanted again. */
static bool is_purged(unsigned class_id, unsigned passed) {
    const hak_class_t *cls = &hak_classes[class_id];
    if (!cls->purges_blocks) {
        return false;
    }
    if (FEW_BLOCKS * (size_t)cls->block_bytes < os_page_bytes) {
        return depot_is_sparse(class_id, LEFT_SHARE);
    }
    return passed != LEAST_GROWTH || cls->pool <= POOL_SMALLMID || depot_is_sparse(class_id, 2);
}

static size_t purge_blocks(unsigned passed) {
    size_t purged = 0;
    for (unsigned id = depot_next_used(0); id < HAK_CLASS_COUNT; id = depot_next_used(id + 1)) {
        if (is_purged(id, passed)) {
            purged += slab_purge_blocks(id, passed);
        }
    }
    if (purged > 0) {
        heap_note_purged(purged);
    }
    return purged;
}

/* Gives back so much of what is idle: of spans alone, which takes the fewest calls, or of all until
 * `keep_bytes` of them are left, where slabs that become empty by it are among them. Bytes. */
static size_t purge(size_t bytes, size_t keep_bytes) {
    size_t dirty_bytes = heap_free_hint(SPAN_DIRTY);
    if (bytes <= dirty_bytes) {
        return heap_purge_to(dirty_bytes - bytes);
    }
    upkeep_return();
    size_t done = purge_blocks(LEAST_ALL);
    return done + heap_purge_to(keep_bytes);
}

/* Not inline: its frame is not to lie below a purge. */
HAK_NOINLINE static void read_levels(hak_levels_t *now) {
    size_t idle_bytes = 0, cold_bytes = 0;
    for (unsigned base = 0; base < HAK_CLASS_COUNT; base += 64) {
        for (uint64_t used = HAK_RELAXED(hak_depots_used[base / 64]); used != 0; used &= used - 1) {
            unsigned id = base + (unsigned)__builtin_ctzl(used);
            size_t cold_blocks, blocks = depot_idle_blocks(id, &cold_blocks);
            if (blocks != 0) {
                idle_bytes += blocks * hak_classes[id].block_bytes;
                cold_bytes += cold_blocks * hak_classes[id].block_bytes;
            }
        }
    }
    size_t warm_bytes = idle_bytes - cold_bytes;
    size_t used = heap_used_hint();
    *now =
        (hak_levels_t){.used = used - hak_min(used, slab_guard_bytes() + warm_bytes + cold_bytes),
                       .idle = heap_free_hint(SPAN_DIRTY) + warm_bytes,
                       .clean = heap_free_hint(SPAN_CLEAN) + cold_bytes};
}

/* Gives back what is due; whether anything was. */
static bool purge_due(void) {
    read_levels(&flow.now);
    flow.demand.fault_ns = meta_measure_fault(flow.demand.fault_ns);
    flow.demand.is_watched = background_runs();
    size_t due = demand_look(&flow.demand, &flow.now, os_clock_ms(), hak_options.purge_delay_ms,
                             flow.at_rest);
    __atomic_store_n(&flow.purging, due != 0, __ATOMIC_RELAXED);
    size_t purged = due == 0 ? 0 : purge(due, flow.now.idle - due);
    demand_note_given_back(&flow.demand, purged);
    /* Hints to the others. */
    __atomic_store_n(&flow.step_bytes, step_of(flow.now.used), __ATOMIC_RELAXED);
    __atomic_store_n(&hak_purge_due_ms, flow.demand.due_ms, __ATOMIC_RELAXED);
    return purged != 0;
}

/* Not inline, and the last thing that its callers do: no frame of theirs lies below a purge. */
HAK_NOINLINE static void look_now(bool at_rest) {
    /* Acquire, and release below: the fields are handed from thread to thread. */
    if (__atomic_exchange_n(&flow.looking, 1, __ATOMIC_ACQUIRE) != 0) {
        return;
    }
    flow.at_rest = at_rest;
    while (purge_due()) {
        /* A purge takes milliseconds, in which other threads may have freed more. */
    }
    __atomic_store_n(&flow.purging, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&flow.looking, 0, __ATOMIC_RELEASE);
}

/* What is held by now may have to go back while no call comes. */
static void note_size(void) {
    background_note_size(heap_held_hint());
}

void upkeep_rest(void) {
    cache_flush();
    look_now(true);
}

static void look(void) {
    if (__atomic_load_n(&flow.purging, __ATOMIC_RELAXED) != 0) {
        cache_flush(); /* this thread may not come by again */
    }
    look_now(false);
}

static inline bool look_is_due(void) {
    ptrdiff_t flown = hak_tls.outflow_bytes;
    size_t step = __atomic_load_n(&flow.step_bytes, __ATOMIC_RELAXED);
    return (size_t)(flown < 0 ? -flown : flown) >= step;
}

/* Memory that waited for its time goes back when that has come. */
static void purge_waiting(uint64_t now_ms) {
    uint64_t due_ms = cache_purge_due_ms();
    if (due_ms != 0 && now_ms >= due_ms) {
        look();
    }
}

/* What was not needed for an interval goes back. Ticks keep to their grid, as they come late: a
 * part is a millisecond at least. */
static void purge_idle(uint64_t now_ms) {
    uint64_t delay_ms = hak_options.purge_delay_ms;
    uint64_t part_ms = (delay_ms + LEAST_PARTS - 1) / LEAST_PARTS;
    /* Relaxed: a timer; the exchange lets one thread through. */
    uint64_t due_ms = __atomic_load_n(&next_tick_ms, __ATOMIC_RELAXED);
    if (now_ms < due_ms) {
        return;
    }
    uint64_t ticks = (now_ms - due_ms) / part_ms + 1;
    uint64_t next_ms = ticks <= LEAST_PARTS ? due_ms + ticks * part_ms : now_ms + part_ms;
    if (!__atomic_compare_exchange_n(&next_tick_ms, &due_ms, next_ms, false, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED)) {
        return;
    }
    unsigned passed = (unsigned)hak_min(ticks * (LEAST_PARTS * part_ms / delay_ms), LEAST_PARTS);
    trim_depots(passed);
    purge_blocks(passed);
    heap_purge_idle(passed);
}

/* A program that grows fast has its peak before the clock says anything. What threads, depots and
 * slabs did not need while it grew by so much goes back as if an interval had passed, once for each
 * new level. Idle spans stay: blocks of any size may need them next, free blocks only those of
 * their class. And so do free blocks in huge pages, of which their holes would make an end. */
static void purge_outgrown(void) {
    size_t held = heap_held_hint(), to = __atomic_load_n(&grown_to, __ATOMIC_RELAXED);
    /* Relaxed, as above. */
    if (held >= to + step_of(to) / 2 &&
        __atomic_compare_exchange_n(&grown_to, &to, held, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED)) {
        cache_note_growth();
        trim_depots(LEAST_GROWTH);
        if (!huge_is_advised()) {
            purge_blocks(LEAST_GROWTH);
        }
    }
}

/* What is due by need, here, and by time, below. Not inline: most ticks do neither. */
HAK_NOINLINE static void give_back_by_need(void) {
    if (limit_take_shortage()) {
        upkeep_reclaim(0);
    }
    if (hak_options.purge_delay_ms == 0) {
        heap_purge_to(0);
    } else if (look_is_due()) {
        hak_tls.outflow_bytes = 0;
        note_size();
        look();
    }
}

HAK_NOINLINE static uint64_t give_back_by_time(uint64_t now_ms) {
    note_size();
    if (hak_options.purge_delay_ms == 0) {
        trim_depots(LEAST_ALL);
        purge_blocks(LEAST_ALL);
    } else {
        purge_waiting(now_ms);
        purge_idle(now_ms);
        purge_outgrown();
    }
    return now_ms;
}

uint64_t upkeep_tick(void) {
    if (HAK_UNLIKELY(limit_is_short() || hak_options.purge_delay_ms == 0 || look_is_due())) {
        give_back_by_need();
    }
    uint64_t now_ms = cache_tick();
    return HAK_LIKELY(now_ms == 0) ? 0 : give_back_by_time(now_ms);
}

bool upkeep_look_idle(bool again) {
    hak_levels_t now;
    uint64_t now_ms = os_clock_ms();
    if (hak_options.purge_delay_ms == 0) {
        purge(SIZE_MAX, 0);
    } else {
        purge_waiting(now_ms);
        purge_idle(now_ms);
    }
    read_levels(&now);
    /* Relaxed: whoever moved the timer on, the rule was applied. */
    uint64_t tick_ms = __atomic_load_n(&next_tick_ms, __ATOMIC_RELAXED);
    if (again || now.used != still.levels.used || now.idle != still.levels.idle) {
        still.levels = now;
        still.looks = 0;
    } else if (tick_ms != still.tick_ms || hak_options.purge_delay_ms == 0) {
        still.looks++;
    }
    still.tick_ms = tick_ms;
    return still.looks < STILL_LOOKS;
}

void upkeep_new_memory(size_t bytes) {
    size_t used = heap_used_hint(), dirty_bytes = heap_free_hint(SPAN_DIRTY);
    if (bytes < step_of(used) || used <= __atomic_load_n(&flow.highest, __ATOMIC_RELAXED)) {
        return;
    }
    __atomic_store_n(&flow.highest, used, __ATOMIC_RELAXED); /* a hint */
    if (dirty_bytes == 0 || __atomic_exchange_n(&flow.looking, 1, __ATOMIC_ACQUIRE) != 0) {
        return;
    }
    demand_note_given_back(&flow.demand, heap_purge_to(dirty_bytes - hak_min(dirty_bytes, bytes)));
    __atomic_store_n(&flow.looking, 0, __ATOMIC_RELEASE);
}

void upkeep_return(void) {
    cache_flush();
    trim_depots(LEAST_ALL);
}

size_t upkeep_reclaim(size_t keep_bytes) {
    size_t bytes = purge(SIZE_MAX, keep_bytes);
    heap_release_windows();
    return bytes;
}
