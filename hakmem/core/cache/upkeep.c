/* upkeep.c - see upkeep.h. */
#include "upkeep.h"

#include "../options/options.h"
#include "../os/os.h"
#include "../slab/slab_guard.h"

#include <string.h>

/* What a thread lets go of, or takes, between two looks at the memory in use: an eighth of it, or
 * so much. A sixteenth cost mid33 (first byte touched) a tenth of its speed. */
#define LOOK_LEAST_BYTES (2 * HAK_MIB)
#define SMALL_HEAP_BYTES (16 * HAK_MIB)  /* a purge by volume costs it little */
#define DRAIN_STEP_BYTES (512 * HAK_KIB) /* where memory has drained, and drains on */
/* A page that is needed again after its purge costs 2.4 us to fault in: so many cost a hundredth of
 * the time. */
#define PAGES_PER_MS 4
enum { DOUBLINGS = 3 };
/* Use has drained when a quarter of its highest level is left. */
#define DRAIN_SHARE 4
/* What such a heap frees is given back however young it is. */
#define LARGE_HEAP_BYTES (128 * HAK_MIB)

static uint64_t next_tick_ms;

/* What the looks have seen. Fields but the first three belong to whoever holds `looking`. */
static struct {
    uint32_t looking;     /* 1: a thread looks; the others pass by */
    size_t step_bytes;    /* flow of a thread between two looks */
    uint32_t is_low;      /* use is half of the crest or less */
    size_t crest, trough; /* bytes in use: the highest level, and the lowest since */
    size_t purged_at;     /* the level at the last purge by volume; 0: not falling */
    size_t regrown_to;    /* the highest level since that purge … */
    size_t purged_bytes;  /* … and what such purges gave back and was not taken again */
    size_t doubled_from;  /* the level that use last came to by doubling, and the times … */
    uint64_t doubled_ms[DOUBLINGS]; /* … of the last: the oldest is of an eighth of the crest */
    uint64_t regret_to_ms;          /* until then no purge by volume */
} flow = {.step_bytes = LOOK_LEAST_BYTES};

static void trim_depots(bool all) {
    for (unsigned id = HAK_CLASS_FIRST; hak_classes[id].block_bytes != 0; id++) {
        if (class_has_slabs(id) && depot_was_used(id)) {
            depot_trim(id, all);
        }
    }
}

static void purge_blocks(bool all) {
    size_t purged = 0;
    for (unsigned id = HAK_CLASS_FIRST; hak_classes[id].block_bytes != 0; id++) {
        if (hak_classes[id].purges_blocks && depot_was_used(id)) {
            purged += slab_purge_blocks(id, all);
        }
    }
    if (purged > 0) {
        heap_note_purged(purged);
    }
}

/* What blocks in the hands of the program or of threads take. */
static size_t bytes_in_use(void) {
    size_t idle = slab_guard_bytes();
    for (unsigned id = HAK_CLASS_FIRST; hak_classes[id].block_bytes != 0; id++) {
        if (class_has_slabs(id)) {
            idle += depot_idle_blocks(id) * hak_classes[id].block_bytes;
        }
    }
    size_t used = heap_used_hint();
    return used > idle ? used - idle : 0;
}

/* Use has fallen from the crest as far as a drain, and is back: a purge would have been a loss. */
static void note_swing(size_t used, uint64_t now_ms) {
    if (used >= flow.crest - flow.crest / 4 && flow.trough <= flow.crest / DRAIN_SHARE) {
        uint64_t cost_ms = ((flow.crest - flow.trough) >> HAK_PAGE_SHIFT) / PAGES_PER_MS;
        flow.regret_to_ms = hak_max(flow.regret_to_ms, now_ms + cost_ms);
        flow.trough = flow.crest;
    }
    if (used > flow.crest) {
        flow.crest = flow.trough = used;
    }
    flow.trough = hak_min(flow.trough, used);
}

/* What was purged and is taken again was a loss. */
static void note_regret(size_t used, uint64_t now_ms) {
    if (used <= flow.regrown_to) {
        return;
    }
    size_t lost = hak_min(used - flow.regrown_to, flow.purged_bytes);
    flow.purged_bytes -= lost;
    flow.regret_to_ms =
        hak_max(flow.regret_to_ms, now_ms) + (lost >> HAK_PAGE_SHIFT) / PAGES_PER_MS;
    flow.regrown_to = used;
}

static void note_growth(size_t used, uint64_t now_ms) {
    unsigned doublings = 0;
    if (flow.doubled_from == 0) { /* the first look: whatever there is grew just now */
        flow.doubled_from = hak_max(used, 1);
        doublings = DOUBLINGS;
    }
    for (; used / 2 >= flow.doubled_from; flow.doubled_from *= 2) {
        doublings++;
    }
    for (doublings = hak_min(doublings, DOUBLINGS); doublings > 0; doublings--) {
        memmove(&flow.doubled_ms[1], &flow.doubled_ms[0],
                (DOUBLINGS - 1) * sizeof flow.doubled_ms[0]);
        flow.doubled_ms[0] = now_ms;
    }
}

static void note_level(size_t used, uint64_t now_ms) {
    note_growth(used, now_ms);
    note_swing(used, now_ms);
    note_regret(used, now_ms);
    if (used >= flow.crest - flow.crest / 4) {
        flow.purged_at = 0;
    } else if (flow.purged_at != 0 && used / 2 >= flow.purged_at) {
        flow.purged_at = used;
    }
}

/* How long ago the growth to the crest must have begun: a small heap may well be filled again at
 * once, and little is lost by keeping it. */
static uint64_t least_age_ms(void) {
    size_t missing_bytes = flow.crest < LARGE_HEAP_BYTES ? LARGE_HEAP_BYTES - flow.crest : 0;
    return hak_options.purge_delay_ms * (uint64_t)missing_bytes / LARGE_HEAP_BYTES;
}

/* Has use fallen to the bound, or by a further eighth; of a small heap, a sixteenth? */
static bool has_fallen(size_t used) {
    if (flow.purged_at == 0) {
        return used <= flow.crest / DRAIN_SHARE;
    }
    size_t part = flow.purged_at / (flow.purged_at < SMALL_HEAP_BYTES ? 16 : 8);
    return used + hak_max(part, DRAIN_STEP_BYTES) <= flow.purged_at;
}

static bool is_drained(size_t used, uint64_t now_ms) {
    return has_fallen(used) && now_ms >= flow.regret_to_ms &&
           now_ms - flow.doubled_ms[DOUBLINGS - 1] >= least_age_ms();
}

/* A hint to the others, too. Of a small heap little is kept. */
static void set_is_low(size_t used, uint64_t now_ms) {
    bool is_low =
        used <= flow.crest / 2 && flow.crest >= LARGE_HEAP_BYTES / 4 && now_ms >= flow.regret_to_ms;
    __atomic_store_n(&flow.is_low, is_low, __ATOMIC_RELAXED);
}

static size_t purge_all(size_t keep_bytes) {
    hak_heap_figures_t before, after;
    heap_read(&before);
    upkeep_return();
    purge_blocks(true);
    heap_purge_to(keep_bytes);
    heap_read(&after);
    return after.purged_bytes - before.purged_bytes;
}

static void set_step(size_t used) {
    size_t step = flow.purged_at != 0 ? hak_max(used / 16, DRAIN_STEP_BYTES)
                                      : hak_max(used / 8, LOOK_LEAST_BYTES);
    __atomic_store_n(&flow.step_bytes, step, __ATOMIC_RELAXED); /* a hint to the others */
}

/* Looks at the level, and purges if it has fallen far enough; false: it has not. */
static bool purge_drained(void) {
    size_t used = bytes_in_use();
    uint64_t now_ms = os_clock_ms();
    note_level(used, now_ms);
    bool drained = is_drained(used, now_ms);
    if (drained) { /* said first: others free on while this thread purges */
        flow.regrown_to = used;
        flow.purged_at = hak_max(used, 1);
        flow.doubled_from = hak_min(flow.doubled_from, flow.purged_at);
    }
    set_is_low(used, now_ms);
    set_step(used);
    if (drained) {
        flow.purged_bytes += purge_all(0);
    }
    return drained;
}

static void look(void) {
    if (__atomic_load_n(&flow.is_low, __ATOMIC_RELAXED) != 0) {
        cache_flush(); /* it may drain, and this thread may not come by again */
    }
    /* Acquire, and release below: the fields are handed from thread to thread. */
    if (__atomic_exchange_n(&flow.looking, 1, __ATOMIC_ACQUIRE) != 0) {
        return;
    }
    while (purge_drained()) {
        /* A purge takes milliseconds, in which other threads may have freed more. */
    }
    __atomic_store_n(&flow.looking, 0, __ATOMIC_RELEASE);
}

static bool look_is_due(void) {
    ptrdiff_t flown = hak_tls.outflow_bytes;
    size_t step = __atomic_load_n(&flow.step_bytes, __ATOMIC_RELAXED);
    if ((size_t)(flown < 0 ? -flown : flown) < step) {
        return false;
    }
    hak_tls.outflow_bytes = 0;
    return true;
}

void upkeep_tick(void) {
    uint64_t now_ms;
    bool at_once = hak_options.purge_delay_ms == 0;
    if (at_once) {
        heap_purge_to(0);
    } else if (look_is_due()) {
        look();
    }
    if (!cache_tick_due(&now_ms)) {
        return;
    }
    if (at_once) {
        trim_depots(true);
        purge_blocks(true);
        return;
    }
    /* Relaxed: a timer; the exchange lets one thread through. */
    uint64_t due_ms = __atomic_load_n(&next_tick_ms, __ATOMIC_RELAXED);
    if (now_ms < due_ms ||
        !__atomic_compare_exchange_n(&next_tick_ms, &due_ms, now_ms + hak_options.purge_delay_ms,
                                     false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
        return;
    }
    trim_depots(false);
    purge_blocks(false);
    heap_purge_idle();
}

void upkeep_return(void) {
    cache_flush();
    trim_depots(true);
}

size_t upkeep_reclaim(size_t keep_bytes) {
    size_t bytes = purge_all(keep_bytes);
    heap_release_windows();
    return bytes;
}
