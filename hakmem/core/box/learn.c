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
#include "stakes.h"

#define LOOK_MS       125 /* between two looks by the clock */
#define LEAST_SAMPLES 32  /* since the last look; with fewer nothing is forgotten … */
/* A program is watched for so many requests, and then not for so long, or until it has grown by a
 * quarter: that takes some 60,000 instructions, and its looks as many where sizes are few. */
#define WATCH_SAMPLES 512
#define GROWTH_SHARE  4
#define PAUSE_MS      20 /* where another table would be better */
/* With so few bytes in use it is not watched: half of that may never have been touched, and what
 * another table could save is little beside what looking takes itself. */
#define LEAST_USED_BYTES   (4 * HAK_MIB)
#define LEAST_GROWTH_BYTES (64 * HAK_KIB)
#define EARLY_SHARE        32          /* of what is in use: it is not asked sooner */
#define YOUNG_SAMPLES      (16 * 1024) /* the first so many that were watched */
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
#define GRAIN_SHARE    256 /* of its size a learnt class may be too large (fitting_block) */
#define KEEP_SHARE     8   /* of the price of a class, for one that is there */

bool hak_learn_is_on;
uint32_t hak_learn_due = WATCH_SAMPLES;
size_t hak_learn_due_pages;
static struct {
    uint32_t looking;   /* 1: a thread looks; the rest belongs to it, but for what is atomic */
    uint32_t young;     /* samples that are missing to YOUNG_SAMPLES */
    uint32_t watched;   /* samples of this watch */
    bool has_regret;    /* at the last look */
    bool is_idle;       /* nothing was at stake when it was to be watched last */
    unsigned watches;   /* without a pause, since the last look without regret, or change */
    uint64_t watch_ms;  /* when it may watch again */
    size_t watch_bytes; /* … or with how many bytes in use */
    uint64_t changed_ms;
    unsigned change_shift; /* the next change waits for so many doublings of an interval */
    uint64_t next_ms;      /* atomic */
    hak_ledger_t ledger;
    hak_learn_figures_t figures; /* atomic */
} learn;

typedef struct hak_seen {
    uint32_t weight, most;
    unsigned served;
} hak_seen_t;

typedef struct hak_note {
    const char *what; /* was done, to be told */
    unsigned class_id;
    uint64_t rent_bytes;
} hak_note_t;

HAK_APART static struct {
    uint64_t asked[HAK_CLASS_COUNT]; /* weight of the requests that it would serve … */
    uint64_t moved[HAK_CLASS_COUNT]; /* … and of those that learnt classes serve now */
    hak_seen_t seen[SIZE_BUCKETS];
    unsigned seen_count;
    hak_size_point_t points[PROGRAM_POINTS];
    unsigned count;
    uint8_t learned[LEARNED_IDS]; /* class ids */
    unsigned learned_count, passed_count;
    uint16_t chosen[PROGRAM_CLASSES], current[LEARNED_IDS];
    unsigned chosen_count, current_count;
    uint8_t table[LEARNED_IDS]; /* class ids */
    hak_note_t notes[2 * LEARNED_IDS];
    unsigned note_count;
} look;

static void count_up(uint64_t *figure, uint64_t by) {
    __atomic_store_n(figure, *figure + by, __ATOMIC_RELAXED); /* others only read it */
}

/* Where there is no table of sizes there is nothing that a learnt class could be written to. */
void learn_start(void) {
    hak_learn_is_on =
        hak_options.learn != 0 && hak_options.front_gate_unified != 0 && bypass_reason() == NULL;
    if (hak_learn_is_on) {
        learned_start();
        learn.young = YOUNG_SAMPLES;
        learn.watch_bytes = LEAST_USED_BYTES;
        size_sample_pause();
        if (hak_options.harden == 0) { /* which hides all */
            class_table_part();
        }
    }
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

/* Where classes were learnt a look also tells which built-in ones still serve (retire_replaced). */
static bool is_asked_about(unsigned class_id) {
    return hak_stakes.most[class_id] != 0 || learn.figures.changes != 0;
}

/* What was asked for, by bucket, and of which class without learning. */
static void read_samples(void) {
    unsigned served = HAK_CLASS_NONE;
    for (unsigned id = HAK_CLASS_FIRST; id < hak_class_end; id++) {
        look.asked[id] = 0;
    }
    look.seen_count = 0;
    for (unsigned i = size_sample_next(0); i < SIZE_BUCKETS; i = size_sample_next(i + 1)) {
        hak_size_bucket_t bucket = size_sample_read(i);
        size_t most = hak_max(bucket.most, bucket.most_before);
        if (bucket.weight == 0 || most == 0) {
            continue;
        }
        if (served == HAK_CLASS_NONE || most > hak_classes[served].block_bytes) {
            served = stakes_served_by(most); /* they ascend */
        }
        if (served != HAK_CLASS_NONE && is_asked_about(served)) {
            look.asked[served] += bucket.weight;
            look.seen[look.seen_count++] = (hak_seen_t){bucket.weight, (uint32_t)most, served};
        }
    }
}

/* The learnt classes, in ascending order. */
static void read_learned(void) {
    look.learned_count = look.passed_count = look.current_count = 0;
    for (unsigned id = hak_class_learned; id < hak_class_end && learn.figures.added != 0; id++) {
        unsigned at = look.learned_count;
        if (!learned_is_any(id)) {
            continue;
        }
        uint32_t block_bytes = hak_classes[id].block_bytes;
        for (; at > 0 && hak_classes[look.learned[at - 1]].block_bytes > block_bytes; at--) {
            look.learned[at] = look.learned[at - 1];
        }
        look.learned[at] = (uint8_t)id;
        look.learned_count++;
    }
}

/* The next learnt class that is no smaller than any point; 0: none. */
static uint32_t next_learned(void) {
    return look.passed_count == look.learned_count
               ? 0
               : hak_classes[look.learned[look.passed_count]].block_bytes;
}

/* A class that there is costs less to keep: its slabs go when they are empty. So it does not go and
 * come back with each pause of the program. */
static void add_point(uint32_t block_bytes, unsigned served, uint32_t weight) {
    hak_size_point_t *last = look.count == 0 ? NULL : &look.points[look.count - 1];
    uint32_t served_bytes = hak_classes[served].block_bytes;
    uint32_t price_bytes = stakes_price(block_bytes);
    if (last != NULL && block_bytes <= last->block_bytes) {
        last->weight += weight; /* a class that serves that one serves this one */
        return;
    }
    if (next_learned() == block_bytes && learned_is_active(look.learned[look.passed_count++])) {
        look.current[look.current_count++] = (uint16_t)look.count;
        price_bytes /= KEEP_SHARE;
    }
    look.points[look.count++] = (hak_size_point_t){block_bytes, served_bytes, price_bytes, weight};
}

/* Points for the learnt classes below the next bucket's, that they may be chosen again. */
static void add_learned_points(uint32_t below) {
    uint32_t next;
    while ((next = next_learned()) != 0 && next < below) {
        add_point(next, stakes_served_by(next), 0);
    }
}

/* A bucket's share of the blocks of its class. Of blocks without slabs, half: what lies between the
 * request and the end of the block is in memory only where it was before. */
static uint32_t weight_of(unsigned served, uint32_t bucket_weight) {
    uint64_t blocks = (uint64_t)hak_stakes.live[served] * PROGRAM_WEIGHT_ONE;
    if (look.asked[served] < LEAST_WEIGHT) {
        return 0;
    }
    blocks = class_has_slabs(served) ? blocks : blocks / 2;
    return (uint32_t)(blocks * bucket_weight / look.asked[served]);
}

static void add_points(void) {
    look.count = 0;
    for (unsigned i = 0; i < look.seen_count; i++) {
        const hak_seen_t *seen = &look.seen[i];
        uint32_t weight = weight_of(seen->served, seen->weight);
        if (weight != 0) {
            uint32_t block_bytes = fitting_block(seen->most);
            add_learned_points(block_bytes);
            add_point(block_bytes, seen->served, weight);
        }
    }
    add_learned_points(UINT32_MAX);
}

/* What no table can gain more than. A class of a size only serves such points as the same class
 * serves without it, so where any of them gain, one class of theirs is paid for. */
static int64_t most_gain(void) {
    int64_t all = 0;
    for (unsigned i = 0, first = 0; first < look.count; first = i) {
        int64_t gain = 0, least = INT64_MAX;
        for (; i < look.count && look.points[i].served_bytes == look.points[first].served_bytes;
             i++) {
            const hak_size_point_t *point = &look.points[i];
            int64_t price = (int64_t)point->price_bytes * PROGRAM_WEIGHT_ONE;
            gain += ((int64_t)point->served_bytes - point->block_bytes) * point->weight;
            least = price < least ? price : least;
        }
        all += gain > least ? gain - least : 0;
    }
    return all / PROGRAM_WEIGHT_ONE;
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
            unsigned served = stakes_served_by(point->block_bytes);
            count++;
            *stranded_bytes += point->price_bytes;
            *stranded_bytes += served == last ? 0 : stakes_stranded(served);
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
        ace_learn_report(look.notes[i].what, look.notes[i].class_id, hak_stakes.live_bytes,
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
        unsigned served = stakes_served_by(look.points[look.chosen[i]].block_bytes);
        bytes +=
            served == last ? 0 : (size_t)hak_stakes.live[served] * hak_classes[served].block_bytes;
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
    if (hak_options.harden == 0) {
        stakes_show_others();
    }
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

static bool is_little_at_stake(void) {
    return learn.figures.changes == 0 &&
           hak_stakes.most_bytes < ledger_least_regret(hak_stakes.live_bytes);
}

/* Not inline: its frame does not lie below tell_notes. */
static HAK_NOINLINE void decide(uint64_t now_ms) {
    learn.has_regret = false;
    stakes_read();
    if (is_little_at_stake()) {
        return;
    }
    read_samples();
    read_learned();
    add_points();
    if (learn.figures.changes != 0) {
        retire_replaced();
    }
    int64_t current = program_gain(look.points, look.count, look.current, look.current_count);
    if (most_gain() - current < (int64_t)ledger_least_regret(hak_stakes.live_bytes)) {
        return;
    }
    look.chosen_count = program_solve(look.points, look.count, PROGRAM_CLASSES, look.chosen);
    int64_t best = program_gain(look.points, look.count, look.chosen, look.chosen_count);
    uint64_t stranded_bytes, regret_bytes = best > current ? (uint64_t)(best - current) : 0;
    unsigned count = new_classes(&stranded_bytes);
    bool is_due = ledger_note(&learn.ledger, regret_bytes, hak_stakes.live_bytes,
                              stranded_bytes * LOOKS_TO_DRAIN);
    learn.has_regret = regret_bytes >= ledger_least_regret(hak_stakes.live_bytes);
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
    __atomic_store_n(&hak_learn_due, (uint32_t)samples, __ATOMIC_RELAXED); /* hints */
    __atomic_store_n(&hak_learn_due_pages, SIZE_MAX, __ATOMIC_RELAXED);
}

static bool is_paused(void) {
    return HAK_RELAXED(hak_size_samples.is_paused); /* only who looks changes it */
}

static size_t used_bytes(void) {
    return pool_used(POOL_SMALLMID) + pool_used(POOL_MID) + pool_used(POOL_LARGE);
}

static bool may_watch(uint64_t now_ms, size_t used) {
    return used >= learn.watch_bytes || (used >= LEAST_USED_BYTES && now_ms >= learn.watch_ms);
}

/* Other sizes and spans count there, too, so it may be asked early. */
static void wait_for_growth(size_t used) {
    size_t more = learn.watch_bytes - hak_min(used, learn.watch_bytes);
    more = hak_max(more, hak_max(used / EARLY_SHARE, LEAST_GROWTH_BYTES));
    set_due(WATCH_SAMPLES);
    more = HAK_RELAXED(hak_store.used_pages) + (more >> HAK_PAGE_SHIFT);
    __atomic_store_n(&hak_learn_due_pages, more, __ATOMIC_RELAXED);
}

/* Until when it is not watched. */
static void rest(uint64_t now_ms, size_t used) {
    learn.watch_bytes = hak_max(used + used / GROWTH_SHARE, LEAST_USED_BYTES);
    learn.watched = 0;
    learn.watch_ms = now_ms + (learn.has_regret ? PAUSE_MS : LOOK_MS);
    __atomic_store_n(&learn.next_ms, learn.watch_ms, __ATOMIC_RELAXED);
    wait_for_growth(used);
}

/* By the clock it looks as soon as it may, if it has seen enough. Where nothing is at stake there
 * is nothing to be seen: until it has grown. */
static void watch(uint64_t now_ms, size_t used) {
    stakes_read();
    learn.is_idle = hak_options.harden == 0 && is_little_at_stake();
    if (learn.is_idle) {
        stakes_show();
        rest(now_ms, used);
        return;
    }
    if (hak_options.harden == 0) {
        stakes_hide();
    }
    size_sample_watch();
    set_due(LEAST_SAMPLES);
    learn.watched = 0;
    __atomic_store_n(&learn.next_ms, now_ms + PAUSE_MS, __ATOMIC_RELAXED);
}

/* The fast path serves the sizes that were seen; others still come by. */
static void pause(uint64_t now_ms) {
    size_sample_pause();
    if (hak_options.harden == 0) {
        stakes_show_seen();
    }
    rest(now_ms, used_bytes());
}

/* A class has grown so far that something may be at stake: who is not watched at all is, others
 * come by with sizes of it that were not seen. */
static void follow_growth(uint64_t now_ms) {
    __atomic_store_n(&hak_size_samples.has_grown, false, __ATOMIC_RELAXED);
    if (learn.is_idle) {
        watch(now_ms, used_bytes());
    } else if (hak_options.harden == 0) {
        stakes_read();
        stakes_hide_more(!is_paused());
    }
}

static void go_on_or_pause(uint64_t now_ms) {
    learn.watches = learn.has_regret ? learn.watches + 1 : 0;
    if (!learn.has_regret || !may_change(now_ms) || learn.watches >= REGRET_WATCHES) {
        pause(now_ms);
    } else if (is_paused()) {
        watch(now_ms, used_bytes());
    } else {
        set_due(WATCH_SAMPLES);
    }
}

static void look_at(uint64_t now_ms, uint32_t samples) {
    count_up(&learn.figures.looks, 1);
    decide(now_ms);
    tell_notes();
    if (samples < LEAST_SAMPLES) {
        return;
    }
    if (!is_paused() && hak_options.harden == 0) {
        stakes_hide_more(true);
    }
    size_sample_age();
    learn.watched += samples;
    learn.young -= (uint32_t)hak_min(samples, learn.young);
    set_due(hak_max(hak_min(3 * learn.watched, WATCH_SAMPLES), LEAST_SAMPLES));
}

static void drain(uint64_t now_ms) {
    count_up(&learn.figures.reused_ids, learned_drain());
    if (now_ms - learn.changed_ms >= DRAIN_INTERVALS * hak_options.purge_delay_ms) {
        tier_end_draining();
    }
}

/* Most requests are not seen while it is paused. */
static bool is_look_due(bool is_time) {
    uint32_t samples = size_sample_new();
    return is_paused() ? hak_size_samples.is_on && (is_time || samples >= WATCH_SAMPLES)
                       : samples >= LEAST_SAMPLES;
}

static void go_on(uint64_t now_ms) {
    size_t used = is_paused() ? used_bytes() : 0;
    if (is_paused() && may_watch(now_ms, used)) {
        watch(now_ms, used);
    } else if (learn.watched >= WATCH_SAMPLES) {
        go_on_or_pause(now_ms);
    } else if (is_paused()) {
        wait_for_growth(used);
    }
}

HAK_NOINLINE void learn_look(uint64_t now_ms) {
    /* Sequentially consistent: what was written to the table at the last look is there before a
     * look at who is inside the door (learned_drain). Release, below: the next has what this did.
     */
    bool is_time = now_ms != 0 && now_ms >= __atomic_load_n(&learn.next_ms, __ATOMIC_RELAXED);
    if (!hak_learn_is_on || (!is_time && !learn_is_due(0)) ||
        __atomic_exchange_n(&learn.looking, 1, __ATOMIC_SEQ_CST) != 0) {
        return;
    }
    if (now_ms != 0) {
        __atomic_store_n(&learn.next_ms, now_ms + LOOK_MS, __ATOMIC_RELAXED);
    } else {
        now_ms = os_clock_ms();
    }
    if (learn.figures.changes != 0) {
        drain(now_ms);
    }
    if (HAK_RELAXED(hak_size_samples.has_grown)) {
        follow_growth(now_ms);
    }
    if (is_look_due(is_time)) {
        look_at(now_ms, size_sample_new());
    }
    go_on(now_ms);
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
