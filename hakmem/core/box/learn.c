/* learn.c - see learn.h. */
#include "learn.h"

#include "../hakmem_ace.h"
#include "../hakmem_tiers.h"
#include "../learn/ledger.h"
#include "../learn/program.h"
#include "../options/options.h"
#include "../report/ace_failure.h"
#include "../slab/size_sample.h"
#include "../slab/slab.h"
#include "class_table.h"
#include "learned.h"
#include "libc_bypass.h"

#define LOOK_MS       125         /* between two looks by the clock */
#define LEAST_SAMPLES 32          /* since the last look; with fewer nothing is forgotten … */
#define GROWTH_SHARE  2           /* of all samples of late: so many call for a look at once */
#define MOST_SAMPLES  (16 * 1024) /* … and so many do: a look costs each a dozen instructions */
/* A program's first so many requests are all looked at. From then on it is watched for a while, of
 * so many, and then not for so long: that and the look at its end take some 0.1 ms. */
#define YOUNG_SAMPLES MOST_SAMPLES
#define WATCH_SAMPLES 1024
#define PAUSE_MS      20 /* where another table would be better */
/* There it is not paused, for so many watches, as long as the table may change: what is shown to
 * the fast path may be all that the program asks for, and then nobody looks. */
#define REGRET_WATCHES (YOUNG_SAMPLES / WATCH_SAMPLES)
/* What a change strands goes back within two intervals of upkeep, so the next one waits for one; if
 * it comes as soon as it may, the one after it waits twice as long, up to 2^6 times: a program
 * whose sizes go on and on would pay with page faults for each. */
#define CHANGE_SHIFT_MOST 6
#define DRAIN_INTERVALS   2
#define DRAIN_TIMES       2 /* a purge gives back other idle memory, too */
/* A class of which so few requests were seen tells nothing about the sizes of its blocks. */
#define LEAST_WEIGHT (4 * SIZE_SAMPLE_ONE)
/* What is stranded is purged within two intervals of upkeep, if it does not drain before: on the
 * mean so many looks. */
#define LOOKS_TO_DRAIN 2
/* Beside the smallest slabs: a half of one, about, of 12 blocks. */
#define HALF_SLAB_LEAST_BYTES (40 * HAK_KIB)
#define HALF_SLAB_BLOCKS      6
#define GRAIN_SHARE           256 /* of its size a learnt class may be too large (fitting_block) */
#define KEEP_SHARE            8   /* of the price of a class, for one that is there (price_now) */

uint32_t hak_learn_due = LEAST_SAMPLES;
static struct {
    uint32_t samples; /* those of the last looks; halved by each that the clock called for */
    uint32_t looking; /* 1: a thread looks; the rest belongs to it, but for what is atomic */
    uint32_t young;   /* samples that are missing to YOUNG_SAMPLES */
    bool is_on;
    bool has_regret;   /* at the last look */
    unsigned watches;  /* without a pause, since the last look without regret, or change */
    uint64_t watch_ms; /* when it may watch again */
    uint64_t changed_ms;
    unsigned change_shift; /* the next change waits for so many doublings of an interval */
    uint64_t next_ms;      /* atomic */
    hak_ledger_t ledger;
    uint64_t live_bytes;
    hak_learn_figures_t figures; /* atomic */
} learn;

typedef struct hak_seen {
    uint32_t weight, most;
    unsigned served;
} hak_seen_t;

/* What was done, to be told. */
typedef struct hak_note {
    const char *what;
    unsigned class_id;
    uint64_t rent_bytes;
} hak_note_t;

HAK_APART static struct {
    uint32_t live[HAK_CLASS_COUNT];       /* blocks, of the class and of learnt ones below it */
    uint32_t free_bytes[HAK_CLASS_COUNT]; /* at hand, as far as a change strands it; in KiB */
    uint64_t asked[HAK_CLASS_COUNT];      /* weight of the requests that it would serve … */
    uint64_t moved[HAK_CLASS_COUNT];      /* … and of those that learnt classes serve now */
    hak_seen_t seen[SIZE_BUCKETS];
    unsigned seen_count;
    hak_size_point_t points[PROGRAM_POINTS];
    unsigned count;
    uint16_t chosen[PROGRAM_CLASSES], current[LEARNED_IDS];
    unsigned chosen_count, current_count;
    uint8_t table[LEARNED_IDS]; /* class ids */
    hak_note_t notes[2 * LEARNED_IDS];
    unsigned note_count;
} look;

static void count_up(uint64_t *figure, uint64_t by) {
    __atomic_store_n(figure, *figure + by, __ATOMIC_RELAXED); /* others only read it */
}

bool learn_is_on(void) {
    return learn.is_on;
}

/* Where there is no table of sizes there is nothing that a learnt class could be written to. */
void learn_start(void) {
    learn.is_on =
        hak_options.learn != 0 && hak_options.front_gate_unified != 0 && bypass_reason() == NULL;
    if (learn.is_on) {
        learned_start();
        learn.young = YOUNG_SAMPLES;
        hak_size_samples.is_on = true;
        if (hak_options.harden == 0) { /* which hides all */
            class_table_watch(SIZE_SAMPLE_LEAST);
        }
    }
}

/* The class without learning, and the pool of a learnt class; 0: none may serve. */
static unsigned served_by(size_t bytes) {
    unsigned small = class_for(POOL_SMALLMID, bytes);
    if (small != HAK_CLASS_NONE) {
        return small;
    }
    unsigned mid = class_for(POOL_MID, bytes);
    if (mid != HAK_CLASS_NONE && ace_allows(mid, bytes)) {
        return mid;
    }
    unsigned large = class_for(POOL_LARGE, bytes);
    return large != HAK_CLASS_NONE && ace_allows(large, bytes) ? large : HAK_CLASS_NONE;
}

static hak_pool_id_t pool_for(uint32_t block_bytes) {
    if (block_bytes > MID_MAX_SIZE) {
        return POOL_LARGE;
    }
    return class_for(POOL_SMALLMID, block_bytes) != HAK_CLASS_NONE ? POOL_SMALLMID : POOL_MID;
}

/* The block of a class of its own: a multiple of up to a 256th of its size, so that a request that
 * is a little larger than those before does not call for another class, and strand all of this. */
static uint32_t fitting_block(size_t bytes) {
    size_t grain = ((size_t)1 << (63 - __builtin_clzl(bytes))) / GRAIN_SHARE;
    size_t least = bytes > MID_MAX_SIZE ? HAK_PAGE_BYTES : HAK_ALIGNMENT;
    return (uint32_t)hak_round_up(bytes, hak_max(grain, least));
}

/* What a class costs while it is in use: half a slab that is free. A block without slabs is
 * a span, which serves any class when it is free. */
static uint32_t price_of_class(uint32_t block_bytes) {
    if (block_bytes > MID_MAX_SIZE) {
        return HAK_PAGE_BYTES;
    }
    return (uint32_t)hak_max(HALF_SLAB_BLOCKS * (size_t)block_bytes, HALF_SLAB_LEAST_BYTES);
}

/* One that there is costs less to keep: its slabs go when they are empty. So it does not go and
 * come back with each pause of the program. */
static uint32_t price_now(uint32_t block_bytes) {
    unsigned id = learn.figures.added == 0 ? HAK_CLASS_NONE : learned_find(block_bytes);
    bool is_there = id != HAK_CLASS_NONE && learned_is_active(id);
    return price_of_class(block_bytes) / (is_there ? KEEP_SHARE : 1);
}

static void read_class(unsigned id) {
    hak_depot_figures_t depot;
    depot_read(id, &depot);
    size_t idle = depot.free_blocks + depot.magazine_blocks;
    unsigned group = class_is_learned(id) ? served_by(depot.block_bytes) : id;
    size_t at_hand =
        hak_min(depot.warm_blocks + depot.magazine_blocks, tier_most_stranded(id, depot.blocks));
    look.live[group] += (uint32_t)(depot.blocks - hak_min(idle, depot.blocks));
    look.free_bytes[id] = (uint32_t)(at_hand * depot.block_bytes / HAK_KIB);
}

/* The blocks alive, those in threads' magazines included, by the class without learning. */
static void read_classes(void) {
    for (unsigned id = HAK_CLASS_FIRST; id < hak_class_end; id++) {
        look.live[id] = look.free_bytes[id] = 0;
        look.asked[id] = 0;
    }
    learn.live_bytes = 0;
    for (unsigned id = HAK_CLASS_FIRST; id < hak_class_learned; id++) {
        if (hak_classes[id].pool >= POOL_SMALLMID && !hak_classes[id].is_closed) {
            read_class(id);
        }
    }
    for (unsigned id = hak_class_learned; id < hak_class_end; id++) {
        if (learned_is_any(id)) {
            read_class(id);
        }
    }
    for (unsigned id = HAK_CLASS_FIRST; id < hak_class_learned; id++) {
        learn.live_bytes += (uint64_t)look.live[id] * hak_classes[id].block_bytes;
    }
}

/* What was asked for, by bucket, and of which class without learning. */
static void read_samples(void) {
    look.seen_count = 0;
    for (unsigned i = 0; i < SIZE_BUCKETS; i++) {
        hak_size_bucket_t bucket = size_sample_read(i);
        size_t most = hak_max(bucket.most, bucket.most_before);
        unsigned served = bucket.weight == 0 || most == 0 ? HAK_CLASS_NONE : served_by(most);
        if (served != HAK_CLASS_NONE) {
            look.asked[served] += bucket.weight;
            look.seen[look.seen_count++] = (hak_seen_t){bucket.weight, (uint32_t)most, served};
        }
    }
}

static void add_point(size_t bytes, unsigned served, uint32_t weight) {
    hak_size_point_t *last = look.count == 0 ? NULL : &look.points[look.count - 1];
    uint32_t block_bytes = fitting_block(bytes), served_bytes = hak_classes[served].block_bytes;
    if (last != NULL && block_bytes <= last->block_bytes) {
        last->weight += weight; /* a class that serves that one serves this one */
        return;
    }
    look.points[look.count++] =
        (hak_size_point_t){block_bytes, served_bytes, price_now(block_bytes), weight};
}

/* The next larger learnt class than `bytes`; 0: none. */
static uint32_t next_learned(uint32_t bytes) {
    uint32_t next = 0;
    for (unsigned id = hak_class_learned; id < hak_class_end; id++) {
        uint32_t block_bytes = learned_is_any(id) ? hak_classes[id].block_bytes : 0;
        next = block_bytes > bytes && (next == 0 || block_bytes < next) ? block_bytes : next;
    }
    return next;
}

/* Points for the learnt classes below the next bucket's, that they may be chosen again. */
static uint32_t add_learned_points(uint32_t after, uint32_t below) {
    uint32_t next;
    while (learn.figures.added != 0 && (next = next_learned(after)) != 0 && next < below) {
        add_point(next, served_by(next), 0);
        after = next;
    }
    return after;
}

/* A bucket's share of the blocks of its class. Of blocks without slabs, half: what lies between the
 * request and the end of the block is in memory only where it was before. */
static uint32_t weight_of(unsigned served, uint32_t bucket_weight) {
    uint64_t blocks = (uint64_t)look.live[served] * PROGRAM_WEIGHT_ONE;
    if (look.asked[served] < LEAST_WEIGHT) {
        return 0;
    }
    blocks = class_has_slabs(served) ? blocks : blocks / 2;
    return (uint32_t)(blocks * bucket_weight / look.asked[served]);
}

static void add_points(void) {
    uint32_t after = 0;
    look.count = 0;
    for (unsigned i = 0; i < look.seen_count; i++) {
        const hak_seen_t *seen = &look.seen[i];
        uint32_t weight = weight_of(seen->served, seen->weight);
        if (weight != 0) {
            after = add_learned_points(after, fitting_block(seen->most));
            add_point(seen->most, seen->served, weight);
        }
    }
    add_learned_points(after, UINT32_MAX);
}

/* The points that are classes now. */
static void find_current(void) {
    look.current_count = 0;
    for (unsigned i = 0; i < look.count && learn.figures.added != 0; i++) {
        unsigned id = learned_find(look.points[i].block_bytes);
        if (id != HAK_CLASS_NONE && learned_is_active(id)) {
            look.current[look.current_count++] = (uint16_t)i;
        }
    }
}

/* What no table can gain more than. */
static int64_t most_gain(void) {
    int64_t gain = 0;
    for (unsigned i = 0; i < look.count; i++) {
        const hak_size_point_t *point = &look.points[i];
        gain += (int64_t)(point->served_bytes - point->block_bytes) * point->weight;
    }
    return gain / PROGRAM_WEIGHT_ONE;
}

static bool is_chosen(uint32_t block_bytes) {
    for (unsigned i = 0; i < look.chosen_count; i++) {
        if (look.points[look.chosen[i]].block_bytes == block_bytes) {
            return true;
        }
    }
    return false;
}

/* The new classes: how many; and what the change strands: the other half of a first slab of each,
 * and what lies at hand in the classes that served their sizes so far. (What lies at hand in learnt
 * classes that go drains and is purged whether they go or only lie idle.) */
static unsigned new_classes(uint64_t *stranded_bytes) {
    unsigned count = 0, last = HAK_CLASS_NONE;
    *stranded_bytes = 0;
    for (unsigned i = 0; i < look.chosen_count; i++) {
        const hak_size_point_t *point = &look.points[look.chosen[i]];
        if (learned_find(point->block_bytes) == HAK_CLASS_NONE) {
            unsigned served = served_by(point->block_bytes);
            count++;
            *stranded_bytes += point->price_bytes;
            *stranded_bytes += served == last ? 0 : (uint64_t)look.free_bytes[served] * HAK_KIB;
            last = served;
        }
    }
    return count;
}

static void note(const char *what, unsigned class_id) {
    look.notes[look.note_count++] = (hak_note_t){what, class_id, learn.ledger.rent_bytes};
}

/* From the shallow end of the stack, on which a line of text takes much. */
static HAK_NOINLINE void tell_notes(void) {
    for (unsigned i = 0; i < look.note_count && hak_options.ace_trace != 0; i++) {
        ace_learn_report(look.notes[i].what, look.notes[i].class_id, learn.live_bytes,
                         look.notes[i].rent_bytes);
    }
    look.note_count = 0;
}

static void add_chosen(void) {
    for (unsigned i = 0; i < look.chosen_count; i++) {
        uint32_t block_bytes = look.points[look.chosen[i]].block_bytes;
        unsigned id = learned_find(block_bytes);
        if (id == HAK_CLASS_NONE) {
            id = learned_make(block_bytes, pool_for(block_bytes));
            count_up(&learn.figures.added, 1);
            note("add", id);
        } else if (!learned_is_active(id)) {
            learned_keep(id);
            count_up(&learn.figures.added, 1);
            note("add", id);
        }
        look.table[i] = (uint8_t)id;
    }
}

static void retire_others(void) {
    for (unsigned id = hak_class_learned; id < hak_class_end; id++) {
        if (learned_is_active(id) && !is_chosen(hak_classes[id].block_bytes)) {
            learned_retire(id);
            count_up(&learn.figures.retired, 1);
            note("retire", id);
        }
    }
}

/* What is alive of the classes that served the sizes of the new ones so far. */
static size_t replaced_bytes(void) {
    size_t bytes = 0;
    unsigned last = HAK_CLASS_NONE;
    for (unsigned i = 0; i < look.chosen_count; i++) {
        unsigned served = served_by(look.points[look.chosen[i]].block_bytes);
        bytes += served == last ? 0 : (size_t)look.live[served] * hak_classes[served].block_bytes;
        last = served;
    }
    return bytes;
}

static uint64_t change_interval_ms(void) {
    return (uint64_t)hak_options.purge_delay_ms << learn.change_shift;
}

static void note_change(uint64_t now_ms) {
    bool is_soon = learn.young == 0 && now_ms - learn.changed_ms < change_interval_ms() + LOOK_MS;
    learn.change_shift = is_soon ? (unsigned)hak_min(learn.change_shift + 1, CHANGE_SHIFT_MOST) : 0;
    learn.changed_ms = now_ms;
}

static void change(uint64_t now_ms) {
    note_change(now_ms);
    learn.has_regret = false;
    tier_begin_draining(DRAIN_TIMES * replaced_bytes());
    add_chosen();
    class_table_learn(look.table, look.chosen_count);
    retire_others();
    ledger_start_again(&learn.ledger);
    count_up(&learn.figures.changes, 1);
    __atomic_store_n(&learn.figures.classes, look.chosen_count, __ATOMIC_RELAXED);
}

/* A class whose requests learnt ones serve now, but for one in sixteen, keeps no magazines. */
static void retire_replaced(void) {
    for (unsigned id = HAK_CLASS_FIRST; id < hak_class_learned; id++) {
        look.moved[id] = 0;
    }
    for (unsigned i = 0; i < look.seen_count; i++) {
        if (class_is_learned(class_by_table(look.seen[i].most))) {
            look.moved[look.seen[i].served] += look.seen[i].weight;
        }
    }
    for (unsigned id = HAK_CLASS_FIRST; id < hak_class_learned; id++) {
        uint64_t left = look.asked[id] - hak_min(look.moved[id], look.asked[id]);
        class_set_retired(id, look.asked[id] != 0 && left * 16 <= look.asked[id]);
    }
}

/* A young program strands little, and finds its sizes. */
static bool may_change(uint64_t now_ms) {
    return learn.young > 0 || now_ms - learn.changed_ms >= change_interval_ms();
}

/* Not inline: its frame does not lie below tell_notes. */
static HAK_NOINLINE void decide(uint64_t now_ms) {
    learn.has_regret = false;
    read_classes();
    read_samples();
    add_points();
    if (learn.figures.changes != 0) {
        retire_replaced();
    }
    find_current();
    int64_t current = program_gain(look.points, look.count, look.current, look.current_count);
    if (most_gain() - current < (int64_t)ledger_least_regret(learn.live_bytes)) {
        return;
    }
    look.chosen_count = program_solve(look.points, look.count, PROGRAM_CLASSES, look.chosen);
    int64_t best = program_gain(look.points, look.count, look.chosen, look.chosen_count);
    uint64_t stranded_bytes, regret_bytes = best > current ? (uint64_t)(best - current) : 0;
    unsigned count = new_classes(&stranded_bytes);
    bool is_due =
        ledger_note(&learn.ledger, regret_bytes, learn.live_bytes, stranded_bytes * LOOKS_TO_DRAIN);
    learn.has_regret = regret_bytes >= ledger_least_regret(learn.live_bytes);
    count_up(&learn.figures.regrets, learn.has_regret);
    if (is_due && (count > learned_free_ids() || !may_change(now_ms))) {
        count_up(&learn.figures.deferred, 1);
    } else if (is_due) {
        change(now_ms);
        retire_replaced();
    }
    __atomic_store_n(&learn.figures.rent_bytes, learn.ledger.rent_bytes, __ATOMIC_RELAXED);
}

static void set_due(size_t samples) {
    __atomic_store_n(&hak_learn_due, (uint32_t)samples, __ATOMIC_RELAXED); /* a hint */
}

/* By the clock it looks as soon as it may, if it has seen enough. */
static void watch(uint64_t now_ms) {
    if (hak_options.harden == 0) {
        class_table_watch(SIZE_SAMPLE_LEAST);
    }
    size_sample_watch();
    set_due(WATCH_SAMPLES);
    __atomic_store_n(&learn.next_ms, now_ms + PAUSE_MS, __ATOMIC_RELAXED);
}

/* The fast path serves the sizes that were seen; others still come by. */
static void pause(uint64_t now_ms) {
    size_sample_pause();
    if (hak_options.harden == 0) {
        class_table_show(SIZE_SAMPLE_LEAST, hak_size_samples.seen);
    }
    learn.watch_ms = now_ms + (learn.has_regret ? PAUSE_MS : LOOK_MS);
    __atomic_store_n(&learn.next_ms, learn.watch_ms, __ATOMIC_RELAXED);
    set_due(LEAST_SAMPLES);
}

static void go_on_or_pause(uint64_t now_ms) {
    bool may_gain = learn.has_regret && may_change(now_ms);
    learn.watches = learn.has_regret ? learn.watches + 1 : 0;
    if (may_gain && learn.watches < REGRET_WATCHES) {
        set_due(WATCH_SAMPLES);
    } else {
        pause(now_ms);
    }
}

static void look_at(uint64_t now_ms, bool is_time, uint32_t samples) {
    count_up(&learn.figures.looks, 1);
    decide(now_ms);
    tell_notes();
    if (samples < LEAST_SAMPLES) {
        return;
    }
    size_sample_age();
    learn.samples = (uint32_t)hak_min((size_t)learn.samples + samples, UINT32_MAX / 2);
    learn.samples /= is_time ? 2 : 1;
    learn.young -= (uint32_t)hak_min(samples, learn.young);
    size_t due = hak_min(learn.samples / GROWTH_SHARE, MOST_SAMPLES);
    set_due(hak_max(due, LEAST_SAMPLES));
}

HAK_NOINLINE void learn_look(uint64_t now_ms) {
    /* Sequentially consistent: what was written to the table at the last look is there before a
     * look at who is inside the door (learned_drain). Release, below: the next has what this did.
     */
    bool is_time = now_ms != 0 && now_ms >= __atomic_load_n(&learn.next_ms, __ATOMIC_RELAXED);
    if (!learn.is_on || (!is_time && !learn_is_due(0)) ||
        __atomic_exchange_n(&learn.looking, 1, __ATOMIC_SEQ_CST) != 0) {
        return;
    }
    if (now_ms != 0) {
        __atomic_store_n(&learn.next_ms, now_ms + LOOK_MS, __ATOMIC_RELAXED);
    } else {
        now_ms = os_clock_ms();
    }
    count_up(&learn.figures.reused_ids, learned_drain());
    if (now_ms - learn.changed_ms >= DRAIN_INTERVALS * hak_options.purge_delay_ms) {
        tier_end_draining();
    }
    uint32_t samples = size_sample_new();
    bool is_enough = samples >= LEAST_SAMPLES;
    bool is_paused = HAK_RELAXED(hak_size_samples.is_paused); /* only who looks changes it */
    if (is_paused ? is_time : is_enough) { /* most requests are not seen while it is paused */
        look_at(now_ms, is_time, samples);
    }
    if (is_paused && now_ms >= learn.watch_ms) {
        watch(now_ms);
    } else if (is_paused) {
        set_due((size_t)samples + WATCH_SAMPLES); /* it is asked again */
    } else if (is_enough && learn.young == 0) {
        go_on_or_pause(now_ms);
    }
    __atomic_store_n(&learn.looking, 0, __ATOMIC_RELEASE);
}

hak_learn_figures_t learn_read(void) {
    hak_learn_figures_t figures = {0};
    const uint64_t *from = (const uint64_t *)&learn.figures;
    uint64_t *to = (uint64_t *)&figures;
    for (size_t i = 0; i < sizeof(figures) / sizeof(*to); i++) {
        to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED); /* figures */
    }
    return figures;
}
