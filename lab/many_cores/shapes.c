/* shapes.c - see shapes.h. */
#include "shapes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cores.h"
#include "hakmem.h"

#define WRITE_NS_PER_BYTE 0.05 /* 20 GB/s */
#define WRITTEN_WHOLE     8192
#define START_NS          20000 /* of a thread */
#define POLL_NS           100

enum {
    SLOTS = 400,       /* of a core, small blocks */
    MID_SLOTS = 30,    /* of 33,000 bytes */
    LARGE_SLOTS = 12,  /* of 64 KiB to 1 MiB */
    BATCH = 64,        /* blocks of a message */
    MOST_BATCHES = 16, /* that wait for a core */
    LIFE_OPS = 2000,   /* of a thread */
};

shape_options_t shape_options;

typedef struct slot {
    void *block;
} slot_t;

static slot_t slots[CORES_MOST][SLOTS];
static unsigned cores_in_all;

typedef struct inbox {
    unsigned batches;
    void *blocks[MOST_BATCHES][BATCH];
} inbox_t;
static inbox_t inboxes[CORES_MOST];

static void clear(unsigned cores) {
    cores_in_all = cores;
    memset(slots, 0, sizeof(slots));
    memset(inboxes, 0, sizeof(inboxes));
}

static void *obtain(size_t bytes) {
    void *block = hak_malloc(bytes);
    core_touch(block, true);
    core_work(shape_options.work_ns + (bytes >= WRITTEN_WHOLE ? WRITE_NS_PER_BYTE * bytes : 0));
    return block;
}

static void release(void *block) {
    hak_free(block);
    core_work(shape_options.work_ns);
}

/* Evenly by their logarithm. */
static size_t draw_bytes(size_t least, size_t most) {
    unsigned doublings = 63 - (unsigned)__builtin_clzl(most / least);
    size_t base = least << core_draw() % doublings;
    return base + core_draw() % base;
}

/* The block is put in its place whole: nobody comes between. */
static void replace(slot_t *slot, size_t bytes) {
    core_turn();
    void *before = slot->block;
    slot->block = NULL;
    if (before != NULL) {
        release(before);
    }
    void *block = obtain(bytes);
    core_turn();
    void *beside = slot->block;
    slot->block = block;
    if (beside != NULL) { /* another core was here */
        release(beside);
    }
    core_count_ops(2);
}

static slot_t *own_slot(unsigned core, unsigned count) {
    return &slots[core][core_draw() % count];
}

static slot_t *any_slot(unsigned count) {
    return own_slot((unsigned)(core_draw() % cores_in_all), count);
}

/* `step` as often as it takes, at first uncounted. A step is two operations. */
static void repeat(unsigned core, void (*step)(unsigned core)) {
    for (unsigned long left = shape_options.warm / 2; left > 0; left--) {
        step(core);
    }
    core_begin_counting();
    for (unsigned long left = shape_options.ops / 2; left > 0; left--) {
        step(core);
    }
}

static void own_step(unsigned core) {
    replace(own_slot(core, SLOTS), draw_bytes(16, 1024));
}
static void run_own(unsigned core) {
    repeat(core, own_step);
}

static void shared_step(unsigned core) {
    (void)core;
    replace(any_slot(SLOTS), draw_bytes(16, 1024));
}
static void run_shared(unsigned core) {
    repeat(core, shared_step);
}

static void mid_step(unsigned core) {
    replace(core_draw() % 5 == 0 ? any_slot(MID_SLOTS) : own_slot(core, MID_SLOTS), 33000);
}
static void run_mid(unsigned core) {
    repeat(core, mid_step);
}

static void large_step(unsigned core) {
    replace(own_slot(core, LARGE_SLOTS), draw_bytes(64 * 1024, 1024 * 1024));
}
static void run_large(unsigned core) {
    repeat(core, large_step);
}

/* A message of the core's own to a neighbour: false, it has too many to read. */
static int send(unsigned to) {
    void *blocks[BATCH];
    if (inboxes[to].batches == MOST_BATCHES) {
        return 0;
    }
    for (unsigned i = 0; i < BATCH; i++) {
        blocks[i] = obtain(64);
    }
    core_turn();
    while (inboxes[to].batches == MOST_BATCHES) {
        core_work(POLL_NS);
        core_turn();
    }
    memcpy(inboxes[to].blocks[inboxes[to].batches++], blocks, sizeof(blocks));
    core_count_ops(BATCH);
    return 1;
}

static int receive(unsigned core) {
    void *blocks[BATCH];
    if (inboxes[core].batches == 0) {
        return 0;
    }
    memcpy(blocks, inboxes[core].blocks[--inboxes[core].batches], sizeof(blocks));
    for (unsigned i = 0; i < BATCH; i++) {
        core_touch(blocks[i], false);
        release(blocks[i]);
    }
    core_count_ops(BATCH);
    return 1;
}

static void exchange(int (*act)(unsigned), unsigned with, unsigned long ops) {
    while (ops > 0) {
        core_turn();
        if (act(with)) {
            ops -= ops < BATCH ? ops : BATCH;
        } else {
            core_work(POLL_NS);
        }
    }
}

/* Of a pair the even core sends and the odd one receives. */
static void run_pairs(unsigned core) {
    int (*act)(unsigned) = core % 2 == 0 ? send : receive;
    unsigned with = core | 1;
    exchange(act, with, shape_options.warm);
    core_begin_counting();
    exchange(act, with, shape_options.ops);
}

static void live_once(unsigned core) {
    for (unsigned i = 0; i < LIFE_OPS / 2; i++) {
        own_step(core);
    }
}

static void lives(unsigned long ops) {
    for (unsigned long done = 0; done < ops; done += LIFE_OPS) {
        core_work(START_NS);
        core_life(live_once);
    }
}

static void run_threads(unsigned core) {
    (void)core;
    lives(shape_options.warm);
    core_begin_counting();
    lives(shape_options.ops);
}

const shape_t shapes[] = {
    {"own", "each core replaces small blocks of its own", clear, run_own, 1},
    {"shared", "all replace small blocks of one array, so most frees are of another's", clear,
     run_shared, 1},
    {"pairs", "one makes messages of 64-byte blocks, another reads and frees them", clear,
     run_pairs, 2},
    {"threads", "threads of 2,000 calls, each takes over the blocks of the one before", clear,
     run_threads, 1},
    {"mid33", "33,000 bytes, a fifth of the blocks is replaced by another core", clear, run_mid, 1},
    {"large", "64 KiB to 1 MiB, of each core's own", clear, run_large, 1},
};
const size_t shape_count = sizeof(shapes) / sizeof(shapes[0]);
