/*
 * channel.c - a generated workload: producers and consumers, every free by another thread.
 *
 * Threads are in pairs. The first of a pair makes blocks and writes them, the other reads and frees
 * them, as in a pipeline, a logger, or a network stack in front of a worker. No block is ever freed
 * by its maker: an allocator that gives blocks back to their owner pays for it here, one that keeps
 * them where they were freed runs out at the producer.
 *
 * Blocks travel in batches, by one of two ways:
 *
 *   ring   each pair has a ring (common/ring.h). A side that has to wait spins a moment and then
 *          yields, so that the other may have the core if both run on one
 *   lock   all share a queue behind a lock (common/stock.h), and sleep when they have to wait. So
 *          any producer's blocks go to any consumer, and with large batches the whole of the queue
 *          is made and freed in turn: there are many more blocks on the way than threads cache
 *
 * Either is full when the clock starts: those blocks are the live set. Within the timed part as
 * many blocks are freed as made, so it is full again at the end, and at no time are there more; but
 * by the lock each producer may have another batch in its hands.
 *
 * --touch says what is written and then read of each block; what is read is checked. Sizes are
 * drawn before the clock starts. The work and the checksum depend on the parameters and the seed
 * alone.
 */
#include "common/arena.h"
#include "common/draw.h"
#include "common/generator.h"
#include "common/ring.h"
#include "common/stock.h"

enum { RING_MAX = 1 << 24 };
enum way { WAY_RING, WAY_LOCK };

static struct {
    uint64_t ring, batch, ops;
    unsigned way;
    draw_range_t sizes;
} options;

/* Of the two workers 2 i and 2 i + 1. */
typedef struct pair {
    ring_t ring;
    uint32_t *sizes; /* of the blocks, over and over */
    uint32_t size_count;
    uint64_t blocks;
} pair_t;

typedef struct state {
    worker_t worker;
    pair_t *pair;
    batch_t *batch; /* in its hands, by the lock */
} state_t;

static pair_t *pairs;
static stock_t full = STOCK_EMPTY, empty = STOCK_EMPTY;

/* ---- either way; a batch lies in one piece ---- */

static inline block_t *await_room(state_t *state, uint32_t batch) {
    if (options.way == WAY_LOCK)
        return (state->batch = stock_take(&empty))->blocks;
    ring_await_room(&state->pair->ring, batch);
    return ring_to_put(&state->pair->ring, 0);
}

static inline void publish(state_t *state, uint32_t batch) {
    if (options.way == WAY_LOCK)
        stock_put(&full, state->batch);
    else
        ring_publish(&state->pair->ring, batch);
}

static inline const block_t *await_filled(state_t *state, uint32_t batch) {
    if (options.way == WAY_LOCK)
        return (state->batch = stock_take(&full))->blocks;
    ring_await_filled(&state->pair->ring, batch);
    return ring_to_take(&state->pair->ring, 0);
}

static inline void give_back(state_t *state, uint32_t batch) {
    if (options.way == WAY_LOCK)
        stock_put(&empty, state->batch);
    else
        ring_free(&state->pair->ring, batch);
}

/* ---- the work ---- */

static inline __attribute__((always_inline)) void produce_blocks(state_t *state, uint64_t blocks,
                                                                 touch_t touch, bool latency) {
    const pair_t *pair = state->pair;
    ledger_t *ledger = state->worker.ledger;
    uint32_t batch = (uint32_t)options.batch, at = 0;
    for (uint64_t left = blocks; left > 0; left -= batch) {
        block_t *to_fill = await_room(state, batch);
        for (uint32_t i = 0; i < batch; i++)
            to_fill[i] = ledger_obtain(ledger, pair->sizes[at + i], at + i, touch, latency);
        publish(state, batch);
        ledger_note_peak(ledger);
        at += batch;
        if (at == pair->size_count)
            at = 0;
    }
}

static inline __attribute__((always_inline)) void produce(state_t *state, touch_t touch,
                                                          bool latency) {
    produce_blocks(state, state->pair->blocks, touch, latency);
}

static inline __attribute__((always_inline)) void consume(state_t *state, touch_t touch,
                                                          bool latency) {
    uint32_t batch = (uint32_t)options.batch;
    for (uint64_t left = state->pair->blocks; left > 0; left -= batch) {
        const block_t *blocks = await_filled(state, batch);
        for (uint32_t i = 0; i < batch; i++) {
            block_read(&blocks[i], touch);
            ledger_release(state->worker.ledger, blocks[i], latency);
        }
        give_back(state, batch);
    }
}

static bool is_producer(const state_t *state) {
    return state->worker.number % 2 == 0;
}

static void run(void *worker) {
    state_t *state = worker;
    if (is_producer(state))
        LEDGER_SPECIALIZE(produce, state, generator_options.touch, generator_options.latency);
    else
        LEDGER_SPECIALIZE(consume, state, generator_options.touch, generator_options.latency);
}

static void fill(void *worker) {
    state_t *state = worker;
    if (is_producer(state))
        produce_blocks(state, options.ring, generator_options.touch, false);
}

static void drain(void *worker) {
    state_t *state = worker;
    uint32_t batch = (uint32_t)options.batch;
    for (uint64_t left = options.ring; !is_producer(state) && left > 0; left -= batch) {
        ledger_release_all(state->worker.ledger, await_filled(state, batch), batch);
        give_back(state, batch);
    }
}

static uint64_t blocks_of_pair(void) {
    return options.ops / 2 / (generator_options.threads / 2) / options.batch * options.batch;
}

/* As many as are full when all are, and one in the hands of each producer. */
static void stock_up(uint32_t pair_count) {
    uint64_t batches = (options.ring / options.batch + 1) * pair_count;
    batch_t *all = arena_alloc(batches, sizeof *all);
    block_t *blocks = arena_alloc(batches * options.batch, sizeof *blocks);
    for (uint64_t i = 0; i < batches; i++) {
        all[i].blocks = blocks + i * options.batch;
        stock_put(&empty, &all[i]);
    }
}

static void begin(void) {
    if (generator_options.threads % 2 != 0)
        die_usage("--threads=%llu: threads are in pairs",
                  (unsigned long long)generator_options.threads);
    ring_check("ring", options.ring, "batch", options.batch);
    draw_range_check(&options.sizes);
    if (blocks_of_pair() == 0)
        die_usage("--ops must be at least --threads times --batch");
    pairs = arena_alloc(generator_options.threads / 2, sizeof *pairs);
    if (options.way == WAY_LOCK)
        stock_up((uint32_t)generator_options.threads / 2);
}

static void prepare(void *worker) {
    state_t *state = worker;
    unsigned place = state->worker.number / 2;
    pair_t *pair = state->pair = &pairs[place];
    uint64_t most = GENERATOR_STREAM_MAX / options.batch * options.batch;
    rng_t rng;
    if (!is_producer(state))
        return;
    if (options.way == WAY_RING)
        pair->ring = ring_new((uint32_t)options.ring);
    pair->blocks = blocks_of_pair();
    pair->size_count = (uint32_t)(pair->blocks < most ? pair->blocks : most);
    pair->sizes = arena_alloc(pair->size_count, sizeof *pair->sizes);
    rng_seed(&rng, generator_options.seed + place);
    draw_table(&rng, pair->sizes, pair->size_count, options.sizes.least, options.sizes.most);
}

int main(int argc, char **argv) {
    static const char *const ways[] = {"ring", "lock", NULL};
    static const cli_number_t numbers[] = {
        GENERATOR_THREADS("threads: pairs of a producer and a consumer", 2, 2, TEAM_MEMBERS_MAX),
        {"ring", "N", "blocks that are alive, of each pair; a power of 2", &options.ring, 1024, 1,
         RING_MAX, false},
        {"batch", "N", "blocks handed over at a time", &options.batch, 32, 1, 65536, false},
        GENERATOR_LEAST(options.sizes, 64),
        GENERATOR_MOST(options.sizes, 64),
        GENERATOR_SEED("of sizes"),
        GENERATOR_OPS("mallocs and frees, of all threads together", options.ops, 4000000, 2),
    };
    static const cli_choice_t choices[] = {
        {"by", "a ring of each pair, or a queue of all behind a lock", ways, &options.way, 0}};
    static const generator_t generator = {.name = "channel",
                                          .about = "Producers make blocks, consumers free them.",
                                          GENERATOR_NUMBERS(numbers),
                                          GENERATOR_CHOICES(choices),
                                          GENERATOR_PARTS,
                                          .begin = begin,
                                          .fill = fill};
    return generator_main(&generator, argc, argv);
}
