/*
 * lines.c - a generated workload: small blocks of several threads in one cache line, by accident.
 *
 * One thread makes small blocks side by side, a group of one for each thread after the other, and
 * hands them out before the clock starts: a dispatcher does that, or a thread that sets up others.
 * Each thread holds --held blocks and visits them in turn. In a visit it frees the block that is
 * there, makes one of the same size, counts in its bytes (--writes increments, byte after byte: as
 * counters, sums and short texts of a thread are written), and does so again, --remakes times. The
 * last one stays. An allocator that gives each thread just the block that it has freed has them
 * write into one cache line for as long as they go on, though they share nothing: the line has to
 * come from the other core again and again. One whose threads make their blocks from lines of their
 * own does not pay.
 *
 * All visit the blocks of one group at the same time: a visit begins when all have ended the one
 * before. Who waits spins a moment, and then yields. Each thread stays on a core of its own, or
 * shares it evenly if there are fewer: two threads that a busy machine has put on one core would
 * not run at once, and pay nothing.
 *
 * The sample says how many blocks lie in a cache line with another one of their group (`sharing`),
 * as they were made, and at the end of the timed part. That is a fact about the allocator and does
 * not depend on time, while what it costs does: only threads that run at once take lines from each
 * other.
 *
 * Sizes, one for each group, are drawn before the clock starts. The work and the checksum depend on
 * the parameters and the seed alone.
 */
#include "common/arena.h"
#include "common/buffer.h"
#include "common/cpu.h"
#include "common/draw.h"
#include "common/generator.h"

#include <inttypes.h>
#include <sched.h>
#include <stdatomic.h>

enum { THREADS_MAX = 64, SHARING_LINE_BYTES = 64, SPINS = 1024 };

static struct {
    uint64_t held, remakes, writes, ops;
    draw_range_t sizes;
} options;

typedef struct state {
    _Alignas(LEDGER_LINE_BYTES) worker_t worker;
    block_t *blocks; /* one of each group */
    uint64_t made_in_line, meetings;
} state_t;

/* How many times a thread has come to a meeting, summed up over all. */
static _Alignas(SHARING_LINE_BYTES) _Atomic uint64_t arrivals;

static uint64_t visits(void) {
    return options.ops / 2 / generator_options.threads / options.remakes;
}

/* Returns when all have come as often as this thread has. Acquire and release: the line of
 * a block may be another's after it. */
static void meet(uint64_t *meetings) {
    uint64_t all = ++*meetings * generator_options.threads;
    atomic_fetch_add_explicit(&arrivals, 1, memory_order_acq_rel);
    for (unsigned waited = 0; atomic_load_explicit(&arrivals, memory_order_acquire) < all;) {
        if (++waited < SPINS)
            cpu_pause();
        else
            sched_yield();
    }
}

/* A volatile read and write for each increment: none is merged with another. */
static inline void count_in(block_t *block, uint32_t writes) {
    volatile unsigned char *bytes = (volatile unsigned char *)block->start;
    if (bytes == NULL)
        return;
    for (uint32_t i = 0, at = 0; i < writes; i++) {
        bytes[at]++;
        if (++at == block->bytes)
            at = 0;
    }
}

static inline __attribute__((always_inline)) void visit(ledger_t *ledger, block_t *block,
                                                        touch_t touch, bool latency) {
    uint32_t bytes = block->bytes, writes = (uint32_t)options.writes;
    uint32_t firsts = writes / bytes + (writes % bytes != 0); /* increments of the first byte */
    for (uint64_t left = options.remakes; left > 0; left--) {
        ledger_release(ledger, *block, latency);
        *block = ledger_obtain(ledger, bytes, (uint32_t)left, touch, latency);
        count_in(block, writes);
        block->stamp += firsts;
    }
}

static inline __attribute__((always_inline)) void work(state_t *state, touch_t touch,
                                                       bool latency) {
    uint32_t group = 0;
    for (uint64_t left = visits(); left > 0; left--) {
        block_t block = state->blocks[group];
        meet(&state->meetings);
        visit(state->worker.ledger, &block, touch, latency);
        state->blocks[group] = block;
        if (++group == options.held)
            group = 0;
    }
}
GENERATOR_RUN(state_t, work);

/* ---- which lines are shared ---- */

static uintptr_t line_of(const char *byte) {
    return (uintptr_t)byte / SHARING_LINE_BYTES;
}

static bool in_line_with(const block_t *a, const block_t *b) {
    return a->start != NULL && b->start != NULL &&
           line_of(a->start) <= line_of(b->start + b->bytes - 1) &&
           line_of(b->start) <= line_of(a->start + a->bytes - 1);
}

/* Of a thread's blocks, those that lie in a line with another of their group. */
static uint64_t count_in_line(const state_t *state) {
    uint64_t count = 0;
    for (uint32_t group = 0; group < options.held; group++) {
        bool found = false;
        for (unsigned i = 0; i < generator_options.threads && !found; i++) {
            const state_t *other = generator_worker(i);
            found = other != state && in_line_with(&state->blocks[group], &other->blocks[group]);
        }
        count += found;
    }
    return count;
}

/* The blocks are freed, but known where they were. */
static void tell_sharing(sample_t *sample) {
    static buffer_t json, text;
    uint64_t blocks = options.held * generator_options.threads, made = 0, last = 0;
    for (unsigned i = 0; i < generator_options.threads; i++) {
        const state_t *state = generator_worker(i);
        made += state->made_in_line;
        last += count_in_line(state);
    }
    buffer_add(&json,
               ",\"sharing\":{\"blocks\":%" PRIu64 ",\"made\":%" PRIu64 ",\"last\":%" PRIu64 "}",
               blocks, made, last);
    buffer_add(&text,
               "sharing   of %" PRIu64 " blocks %" PRIu64 " were made in one line with another"
               " thread's, %" PRIu64 " were there at the end\n",
               blocks, made, last);
    sample->more_json = json.bytes;
    sample->more_text = text.bytes;
}

/* ---- */

/* Of those that the process may use. */
static void stay_on_own_core(unsigned number) {
    cpu_set_t allowed, own;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return; /* more processors than the set has room for: then they stay where they are */
    unsigned skip = number % (unsigned)CPU_COUNT(&allowed), core = 0;
    while (!CPU_ISSET(core, &allowed) || skip-- > 0)
        core++;
    CPU_ZERO(&own);
    CPU_SET(core, &own);
    sched_setaffinity(0, sizeof own, &own);
}

/* The first thread makes all: no block of one size comes between those of a group. */
static void fill(void *worker) {
    state_t *maker = worker;
    rng_t rng = worker_fill_rng(worker);
    stay_on_own_core(maker->worker.number);
    if (maker->worker.number != 0)
        return;
    for (uint32_t group = 0; group < options.held; group++) {
        uint32_t bytes = draw_of_range(&rng, &options.sizes);
        for (unsigned i = 0; i < generator_options.threads; i++) {
            state_t *owner = generator_worker(i);
            owner->blocks[group] =
                ledger_obtain(maker->worker.ledger, bytes, group, generator_options.touch, false);
        }
    }
    for (unsigned i = 0; i < generator_options.threads; i++) {
        state_t *owner = generator_worker(i);
        owner->made_in_line = count_in_line(owner);
    }
}

static void drain(void *worker) {
    const state_t *state = worker;
    ledger_release_all(state->worker.ledger, state->blocks, (uint32_t)options.held);
}

static void begin(void) {
    draw_range_check(&options.sizes);
    if (visits() == 0)
        die_usage("--ops must be at least 2 times --threads times --remakes");
}

static void prepare(void *worker) {
    state_t *state = worker;
    state->blocks = arena_alloc(options.held, sizeof *state->blocks);
}

int main(int argc, char **argv) {
    static const cli_number_t numbers[] = {
        GENERATOR_THREADS("threads; the first makes the blocks that all begin with", 2, 2,
                          THREADS_MAX),
        {"held", "N", "blocks that each thread holds, visited in turn", &options.held, 64, 1,
         1 << 20, false},
        {"remakes", "N", "how often a block is freed and made again in a visit", &options.remakes,
         1000, 1, 100000000, false},
        {"writes", "N", "bytes of each that are incremented, one after the other, over and over",
         &options.writes, 100, 0, 100000000, false},
        GENERATOR_LEAST(options.sizes, 8),
        GENERATOR_MOST(options.sizes, 48),
        GENERATOR_SEED("of sizes"),
        GENERATOR_OPS("mallocs and frees, of all threads together; whole visits only", options.ops,
                      4000000, 2),
    };
    static const generator_t generator = {
        .name = "lines",
        .about = "Small blocks of several threads in one cache line, by accident.",
        GENERATOR_NUMBERS(numbers),
        GENERATOR_PARTS,
        .begin = begin,
        .fill = fill,
        .repeats = true,
        .conclude = tell_sharing};
    return generator_main(&generator, argc, argv);
}
