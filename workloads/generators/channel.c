/*
 * channel.c - a generated workload: producers and consumers, every free by another thread.
 *
 * Threads are in pairs. The first of a pair makes blocks and writes them, the other reads and frees
 * them, as in a pipeline, a logger, or a network stack in front of a worker. No block is ever freed
 * by its maker: an allocator that gives blocks back to their owner pays for it here, one that keeps
 * them where they were freed runs out at the producer.
 *
 * Blocks travel in batches through a ring (common/ring.h), which is full when the clock starts:
 * those blocks are the live set. Within the timed part as many blocks are freed as made, so it is
 * full again at the end, and at no time are there more. A side that has to wait spins a moment and
 * then yields, so that the other may have the core if both run on one.
 *
 * --touch says what is written and then read of each block; what is read is checked. Sizes are
 * drawn before the clock starts. The work and the checksum depend on the parameters and the seed
 * alone.
 */
#include "common/arena.h"
#include "common/draw.h"
#include "common/generator.h"
#include "common/ring.h"

enum { RING_MAX = 1 << 24 };

static struct {
    uint64_t ring, batch, ops;
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
} state_t;

static pair_t *pairs;

static inline __attribute__((always_inline)) void produce(const state_t *state, touch_t touch,
                                                          bool latency) {
    pair_t *pair = state->pair;
    ring_t *ring = &pair->ring;
    ledger_t *ledger = state->worker.ledger;
    uint32_t batch = (uint32_t)options.batch, at = 0;
    for (uint64_t left = pair->blocks; left > 0; left -= batch) {
        ring_await_room(ring, batch);
        for (uint32_t i = 0; i < batch; i++) {
            *ring_to_put(ring, i) =
                ledger_obtain(ledger, pair->sizes[at + i], at + i, touch, latency);
        }
        ring_publish(ring, batch);
        ledger_note_peak(ledger);
        at += batch;
        if (at == pair->size_count)
            at = 0;
    }
}

static inline __attribute__((always_inline)) void consume(const state_t *state, touch_t touch,
                                                          bool latency) {
    ring_t *ring = &state->pair->ring;
    uint32_t batch = (uint32_t)options.batch;
    for (uint64_t left = state->pair->blocks; left > 0; left -= batch) {
        ring_await_filled(ring, batch);
        for (uint32_t i = 0; i < batch; i++) {
            const block_t *block = ring_to_take(ring, i);
            block_read(block, touch);
            ledger_release(state->worker.ledger, *block, latency);
        }
        ring_free(ring, batch);
    }
}

static bool is_producer(const state_t *state) {
    return state->worker.number % 2 == 0;
}

static void run(void *worker) {
    const state_t *state = worker;
    if (is_producer(state))
        LEDGER_SPECIALIZE(produce, state, generator_options.touch, generator_options.latency);
    else
        LEDGER_SPECIALIZE(consume, state, generator_options.touch, generator_options.latency);
}

/* The producer fills the ring. */
static void fill(void *worker) {
    const state_t *state = worker;
    pair_t *pair = state->pair;
    if (!is_producer(state))
        return;
    for (uint32_t i = 0; i < options.ring; i++) {
        *ring_to_put(&pair->ring, i) =
            ledger_obtain(state->worker.ledger, pair->sizes[i % pair->size_count], i,
                          generator_options.touch, false);
    }
    ring_publish(&pair->ring, (uint32_t)options.ring);
}

/* The consumer empties it. */
static void drain(void *worker) {
    const state_t *state = worker;
    for (uint32_t i = 0; !is_producer(state) && i < options.ring; i++)
        ledger_release(state->worker.ledger, *ring_to_take(&state->pair->ring, i), false);
}

static uint64_t blocks_of_pair(void) {
    return options.ops / 2 / (generator_options.threads / 2) / options.batch * options.batch;
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
}

static void prepare(void *worker) {
    state_t *state = worker;
    unsigned place = state->worker.number / 2;
    pair_t *pair = state->pair = &pairs[place];
    uint64_t most = GENERATOR_STREAM_MAX / options.batch * options.batch;
    rng_t rng;
    if (!is_producer(state))
        return;
    pair->ring = ring_new((uint32_t)options.ring);
    pair->blocks = blocks_of_pair();
    pair->size_count = (uint32_t)(pair->blocks < most ? pair->blocks : most);
    pair->sizes = arena_alloc(pair->size_count, sizeof *pair->sizes);
    rng_seed(&rng, generator_options.seed + place);
    draw_table(&rng, pair->sizes, pair->size_count, options.sizes.least, options.sizes.most);
}

int main(int argc, char **argv) {
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
    static const generator_t generator = {.name = "channel",
                                          .about = "Producers make blocks, consumers free them.",
                                          GENERATOR_NUMBERS(numbers),
                                          GENERATOR_PARTS,
                                          .begin = begin,
                                          .fill = fill};
    return generator_main(&generator, argc, argv);
}
