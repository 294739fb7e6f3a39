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
#include "common/cli.h"
#include "common/draw.h"
#include "common/ledger.h"
#include "common/team.h"

enum { BYTES_OF_33K = 33000 };

typedef enum mix { MIX_ALL, MIX_SMALL, MIX_33K } mix_t;

typedef struct options {
    uint64_t live_bytes, keep_percent, rest_ms, threads, seed;
    unsigned mix;
    touch_t touch;
    bool latency;
    const char *result;
} options_t;

typedef struct worker {
    const options_t *options;
    ledger_t *ledger;
    bag_t bag;
    rng_t rng; /* of the sizes, then of the order */
    unsigned number;
} worker_t;

typedef struct drain {
    options_t options;
    ledger_t *ledgers;
    worker_t *workers;
} drain_t;

static uint32_t draw_bytes(mix_t mix, rng_t *rng) {
    uint64_t percent = mix == MIX_ALL ? rng_below(rng, 100) : 0;
    if (mix == MIX_33K)
        return BYTES_OF_33K;
    if (percent < 78)
        return draw_log_uniform(rng, 16, 1024);
    if (percent < 98)
        return draw_log_uniform(rng, 1024, 64 << 10);
    return draw_log_uniform(rng, 64 << 10, 1 << 20);
}

/* How many blocks of the sizes that `rng` will draw fill the worker's share. */
static uint32_t count_blocks(const options_t *options, rng_t rng) {
    uint64_t bytes = 0, share = options->live_bytes / options->threads;
    uint32_t count = 0;
    for (; bytes < share; count++)
        bytes += draw_bytes(options->mix, &rng);
    return count;
}

static void shuffle(bag_t *bag, rng_t *rng) {
    for (uint32_t left = bag->count; left > 1; left--) {
        uint32_t other = (uint32_t)rng_below(rng, left);
        block_t block = bag->blocks[left - 1];
        bag->blocks[left - 1] = bag->blocks[other];
        bag->blocks[other] = block;
    }
}

static void fill(void *context, unsigned member) {
    worker_t *worker = &((drain_t *)context)->workers[member];
    const options_t *options = worker->options;
    for (uint32_t i = 0; i < worker->bag.capacity; i++) {
        uint32_t bytes = draw_bytes(options->mix, &worker->rng);
        bag_put(&worker->bag, ledger_obtain(worker->ledger, bytes, i, options->touch, false));
    }
    ledger_note_peak(worker->ledger);
    shuffle(&worker->bag, &worker->rng);
}

static void run(void *context, unsigned member) {
    worker_t *worker = &((drain_t *)context)->workers[member];
    bag_t *bag = &worker->bag;
    uint32_t kept = (uint32_t)((uint64_t)bag->count * worker->options->keep_percent / 100);
    bool latency = worker->options->latency;
    ledger_begin_run(worker->ledger);
    while (bag->count > kept)
        ledger_drop(worker->ledger, bag->blocks[--bag->count], latency);
    ledger_end_run(worker->ledger);
}

static void free_rest(void *context, unsigned member) {
    worker_t *worker = &((drain_t *)context)->workers[member];
    while (worker->bag.count > 0)
        ledger_release(worker->ledger, worker->bag.blocks[--worker->bag.count], false);
}

static void prepare(drain_t *drain) {
    const options_t *options = &drain->options;
    drain->ledgers = ledgers_new((unsigned)options->threads, options->latency);
    drain->workers = arena_alloc(options->threads, sizeof *drain->workers);
    for (unsigned i = 0; i < options->threads; i++) {
        worker_t *worker = &drain->workers[i];
        *worker = (worker_t){.options = options, .ledger = &drain->ledgers[i], .number = i};
        rng_seed(&worker->rng, options->seed + i);
        worker->bag = bag_new(count_blocks(options, worker->rng));
    }
}

static void measure(drain_t *drain, const cli_t *cli) {
    static sample_t sample;
    const options_t *options = &drain->options;
    prepare(drain);
    sample.workload = "drain";
    cli_describe(cli, &sample);
    if (options->latency)
        sample.clock = clock_calibrate();
    team_job_t job = {.context = drain,
                      .fill = fill,
                      .run = run,
                      .drain = free_rest,
                      .rest_ms = (unsigned)options->rest_ms};
    team_measure(&job, (unsigned)options->threads, &sample);
    ledgers_collect(drain->ledgers, &sample);
    sample_report(&sample, options->result);
}

int main(int argc, char **argv) {
    static const char *const mixes[] = {"all", "small", "33k", NULL};
    static drain_t drain = {.options.touch = TOUCH_PAGE};
    options_t *o = &drain.options;
    const cli_number_t numbers[] = {
        {"live-bytes", "BYTES", "live set before, of all threads together", &o->live_bytes,
         200 << 20, 1 << 10, UINT64_C(16) << 30, true},
        {"keep", "PERCENT", "blocks that are not freed", &o->keep_percent, 5, 0, 99, false},
        {"rest", "MS", "rest before the steady reading", &o->rest_ms, 1000, 0, 3600000, false},
        {"threads", "N", "threads", &o->threads, 1, 1, TEAM_MEMBERS_MAX, false},
        {"seed", "N", "of sizes and order", &o->seed, 1, 0, UINT64_MAX, false},
    };
    const cli_choice_t choices[] = {
        {"mix", "sizes of the blocks", mixes, &o->mix, MIX_ALL},
    };
    const cli_t cli = {.about = "Most of a live set is freed; how much goes back to the system?",
                       .numbers = numbers,
                       .number_count = sizeof numbers / sizeof numbers[0],
                       .choices = choices,
                       .choice_count = sizeof choices / sizeof choices[0],
                       .touch = &o->touch,
                       .latency = &o->latency,
                       .result = &o->result};
    cli_parse(&cli, argc, argv);
    measure(&drain, &cli);
    return 0;
}
