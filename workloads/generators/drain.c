/*
 * drain.c - a generated workload: most of the heap is freed, and then nothing happens.
 *
 * A live set of --live-bytes is built (not timed); then all but --keep percent of its blocks are
 * freed, in random order (timed), as after a rush hour or when a cache is dropped; then the program
 * rests for --rest milliseconds. The steady reading after that is what the figure is for: how much
 * of what is free is back at the system, while what is kept lies scattered over it. --mix is of
 *
 *   all     78 % of 16 B … 1 KiB, 20 % of 1 … 64 KiB, 2 % of 64 KiB … 1 MiB, each log-uniform
 *   small   16 B … 1 KiB, log-uniform. With 5 % of them kept, more than half of the pages still
 *           hold one, and no allocator that leaves blocks where they are can give those back
 *   33k     33,000 bytes
 *
 * Threads have nothing to do with each other. Sizes and the order are drawn before the clock
 * starts; they and the checksum depend on the parameters and the seed alone.
 */
#include "common/bag.h"
#include "common/draw.h"
#include "common/generator.h"

enum { BYTES_OF_33K = 33000 };

enum mix { MIX_ALL, MIX_SMALL, MIX_33K };

static struct {
    uint64_t live_bytes, keep_percent, rest_ms;
    unsigned mix;
} options;

typedef struct state {
    worker_t worker; /* its rng: of the sizes, then of the order */
    bag_t bag;
} state_t;

static uint32_t draw_bytes(rng_t *rng) {
    uint64_t percent = options.mix == MIX_ALL ? rng_below(rng, 100) : 0;
    if (options.mix == MIX_33K)
        return BYTES_OF_33K;
    if (percent < 78)
        return draw_log_uniform(rng, 16, 1024);
    if (percent < 98)
        return draw_log_uniform(rng, 1024, 64 << 10);
    return draw_log_uniform(rng, 64 << 10, 1 << 20);
}

/* Room for the blocks of the sizes that will be drawn, which fill the worker's share. */
static void prepare(void *worker) {
    state_t *state = worker;
    rng_t rng = state->worker.rng;
    uint64_t bytes = 0, share = options.live_bytes / generator_options.threads;
    uint32_t count = 0;
    for (; bytes < share; count++)
        bytes += draw_bytes(&rng);
    state->bag = bag_new(count);
}

static void shuffle(bag_t *bag, rng_t *rng) {
    for (uint32_t left = bag->count; left > 1; left--) {
        uint32_t other = (uint32_t)rng_below(rng, left);
        block_t block = bag->blocks[left - 1];
        bag->blocks[left - 1] = bag->blocks[other];
        bag->blocks[other] = block;
    }
}

static void fill(void *worker) {
    state_t *state = worker;
    rng_t *rng = &state->worker.rng;
    for (uint32_t i = 0; i < state->bag.capacity; i++) {
        uint32_t bytes = draw_bytes(rng);
        bag_put(&state->bag,
                ledger_obtain(state->worker.ledger, bytes, i, generator_options.touch, false));
    }
    shuffle(&state->bag, rng);
}

static void run(void *worker) {
    state_t *state = worker;
    bag_t *bag = &state->bag;
    uint32_t kept = (uint32_t)((uint64_t)bag->count * options.keep_percent / 100);
    bool latency = generator_options.latency;
    while (bag->count > kept)
        ledger_drop(state->worker.ledger, bag->blocks[--bag->count], latency);
}

static void drain(void *worker) {
    state_t *state = worker;
    bag_drain(&state->bag, state->worker.ledger);
}

int main(int argc, char **argv) {
    static const char *const mixes[] = {"all", "small", "33k", NULL};
    static const cli_number_t numbers[] = {
        {"live-bytes", "BYTES", "live set before, of all threads together", &options.live_bytes,
         200 << 20, 1 << 10, UINT64_C(16) << 30, true},
        {"keep", "PERCENT", "blocks that are not freed", &options.keep_percent, 5, 0, 99, false},
        {"rest", "MS", "rest before the steady reading", &options.rest_ms, 1000, 0, 3600000, false},
        GENERATOR_THREADS("threads", 1, 1, TEAM_MEMBERS_MAX),
        GENERATOR_SEED("of sizes and order"),
    };
    static const cli_choice_t choices[] = {
        {"mix", "sizes of the blocks", mixes, &options.mix, MIX_ALL},
    };
    static const generator_t generator = {
        .name = "drain",
        .about = "Most of a live set is freed; how much goes back to the system?",
        GENERATOR_NUMBERS(numbers),
        GENERATOR_CHOICES(choices),
        .touch = TOUCH_PAGE,
        GENERATOR_PARTS,
        .fill = fill,
        .rest_ms = &options.rest_ms};
    return generator_main(&generator, argc, argv);
}
