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
#include "common/cli.h"
#include "shared/die.h"
#include "common/draw.h"
#include "common/ledger.h"
#include "common/ring.h"
#include "common/rng.h"
#include "common/team.h"

enum { SIZES_MAX = 1 << 20, RING_MAX = 1 << 24 };

typedef struct options {
    uint64_t threads, ring, batch, ops, seed;
    uint64_t min_bytes, max_bytes;
    touch_t touch;
    bool latency;
    const char *result;
} options_t;

/* Of the two members 2 i and 2 i + 1. */
typedef struct pair {
    const options_t *options;
    ring_t *ring;
    ledger_t *producer, *consumer;
    uint32_t *sizes; /* of the blocks, over and over */
    uint32_t size_count;
    uint64_t blocks;
} pair_t;

typedef struct channel {
    options_t options;
    ledger_t *ledgers;
    pair_t *pairs;
} channel_t;

static inline __attribute__((always_inline)) void produce(const pair_t *pair, touch_t touch,
                                                          bool latency) {
    ring_t *ring = pair->ring;
    uint32_t batch = (uint32_t)pair->options->batch, at = 0;
    for (uint64_t left = pair->blocks; left > 0; left -= batch) {
        unsigned waited = 0;
        while (ring_room(ring) < batch)
            ring_pause(&waited);
        for (uint32_t i = 0; i < batch; i++) {
            *ring_to_put(ring, i) =
                ledger_obtain(pair->producer, pair->sizes[at + i], at + i, touch, latency);
        }
        ring_publish(ring, batch);
        ledger_note_peak(pair->producer);
        at += batch;
        if (at == pair->size_count)
            at = 0;
    }
}

static inline __attribute__((always_inline)) void consume(const pair_t *pair, touch_t touch,
                                                          bool latency) {
    ring_t *ring = pair->ring;
    uint32_t batch = (uint32_t)pair->options->batch;
    for (uint64_t left = pair->blocks; left > 0; left -= batch) {
        unsigned waited = 0;
        while (ring_filled(ring) < batch)
            ring_pause(&waited);
        for (uint32_t i = 0; i < batch; i++) {
            const block_t *block = ring_to_take(ring, i);
            block_read(block, touch);
            ledger_release(pair->consumer, *block, latency);
        }
        ring_free(ring, batch);
    }
}

static void run(void *context, unsigned member) {
    channel_t *channel = context;
    const options_t *options = &channel->options;
    const pair_t *pair = &channel->pairs[member / 2];
    ledger_t *own = &channel->ledgers[member];
    ledger_begin_run(own);
    if (member % 2 == 0)
        LEDGER_SPECIALIZE(produce, pair, options->touch, options->latency);
    else
        LEDGER_SPECIALIZE(consume, pair, options->touch, options->latency);
    ledger_end_run(own);
}

/* The producer fills the ring. */
static void fill(void *context, unsigned member) {
    channel_t *channel = context;
    const options_t *options = &channel->options;
    const pair_t *pair = &channel->pairs[member / 2];
    if (member % 2 != 0)
        return;
    for (uint32_t i = 0; i < options->ring; i++) {
        uint32_t bytes = pair->sizes[i % pair->size_count];
        *ring_to_put(pair->ring, i) =
            ledger_obtain(pair->producer, bytes, i, options->touch, false);
    }
    ring_publish(pair->ring, (uint32_t)options->ring);
    ledger_note_peak(pair->producer);
}

/* The consumer empties it. */
static void drain(void *context, unsigned member) {
    channel_t *channel = context;
    const pair_t *pair = &channel->pairs[member / 2];
    if (member % 2 == 0)
        return;
    for (uint32_t i = 0; i < channel->options.ring; i++)
        ledger_release(pair->consumer, *ring_to_take(pair->ring, i), false);
}

static uint64_t blocks_of(const options_t *options) {
    uint64_t pairs = options->threads / 2;
    return options->ops / 2 / pairs / options->batch * options->batch;
}

static void prepare(channel_t *channel) {
    const options_t *options = &channel->options;
    unsigned pairs = (unsigned)options->threads / 2;
    ring_t *rings = arena_alloc(pairs, sizeof *rings);
    channel->ledgers = ledgers_new((unsigned)options->threads, options->latency);
    channel->pairs = arena_alloc(pairs, sizeof *channel->pairs);
    for (unsigned i = 0; i < pairs; i++) {
        pair_t *pair = &channel->pairs[i];
        *pair = (pair_t){.options = options,
                         .ring = &rings[i],
                         .producer = &channel->ledgers[2 * i],
                         .consumer = &channel->ledgers[2 * i + 1],
                         .blocks = blocks_of(options)};
        rings[i].entries = arena_alloc(options->ring, sizeof *rings[i].entries);
        rings[i].entry_count = (uint32_t)options->ring;
        uint64_t most = SIZES_MAX / options->batch * options->batch;
        pair->size_count = (uint32_t)(pair->blocks < most ? pair->blocks : most);
        pair->sizes = arena_alloc(pair->size_count, sizeof *pair->sizes);
        rng_t rng;
        rng_seed(&rng, options->seed + i);
        for (uint32_t at = 0; at < pair->size_count; at++)
            pair->sizes[at] = draw_log_uniform(&rng, options->min_bytes, options->max_bytes);
    }
}

static void check_options(const options_t *options) {
    if (options->threads % 2 != 0)
        die_usage("--threads=%llu: threads are in pairs", (unsigned long long)options->threads);
    if ((options->ring & (options->ring - 1)) != 0)
        die_usage("--ring=%llu: not a power of 2", (unsigned long long)options->ring);
    if (options->ring % options->batch != 0)
        die_usage("--batch=%llu: does not divide --ring", (unsigned long long)options->batch);
    if (options->min_bytes > options->max_bytes)
        die_usage("--min exceeds --max");
    if (blocks_of(options) == 0)
        die_usage("--ops must be at least --threads times --batch");
}

static void measure(channel_t *channel, const cli_t *cli) {
    static sample_t sample;
    const options_t *options = &channel->options;
    prepare(channel);
    sample.workload = "channel";
    cli_describe(cli, &sample);
    if (options->latency)
        sample.clock = clock_calibrate();
    team_job_t job = {.context = channel, .fill = fill, .run = run, .drain = drain};
    team_measure(&job, (unsigned)options->threads, &sample);
    ledgers_collect(channel->ledgers, &sample);
    sample_report(&sample, options->result);
}

int main(int argc, char **argv) {
    static channel_t channel;
    options_t *o = &channel.options;
    const uint64_t ops_most = UINT64_C(1) << 40, most = CLI_BYTES_MAX;
    const cli_number_t numbers[] = {
        {"threads", "N", "threads: pairs of a producer and a consumer", &o->threads, 2, 2,
         TEAM_MEMBERS_MAX, false},
        {"ring", "N", "blocks that are alive, of each pair; a power of 2", &o->ring, 1024, 1,
         RING_MAX, false},
        {"batch", "N", "blocks handed over at a time", &o->batch, 32, 1, 65536, false},
        {"min", "BYTES", "least size", &o->min_bytes, 64, 1, most, true},
        {"max", "BYTES", "largest size; log-uniform between", &o->max_bytes, 64, 1, most, true},
        {"seed", "N", "of sizes", &o->seed, 1, 0, UINT64_MAX, false},
        {"ops", "N", "mallocs and frees, of all threads together", &o->ops, 4000000, 2, ops_most,
         false},
    };
    const cli_t cli = {.about = "Producers make blocks, consumers free them.",
                       .numbers = numbers,
                       .number_count = sizeof numbers / sizeof numbers[0],
                       .touch = &o->touch,
                       .latency = &o->latency,
                       .result = &o->result};
    cli_parse(&cli, argc, argv);
    check_options(o);
    measure(&channel, &cli);
    return 0;
}
