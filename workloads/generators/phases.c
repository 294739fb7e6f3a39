/*
 * phases.c - a generated workload: a heap that grows with blocks of one size after it was full of
 * blocks of another.
 *
 * In each phase, blocks of one band of sizes are made until --live-bytes are alive; then all but
 * --keep percent of the blocks are freed, at random (not after the last phase). The bands are
 *
 *   16 … 128 B,  1 … 4 KiB,  128 … 1,024 B,  8 … 64 KiB,  then the first again;  log-uniform
 *
 * What is kept of a phase lies scattered over the memory that the next one needs for blocks of
 * other sizes. An allocator that cannot reuse it grows from phase to phase, though never more is
 * alive than at the end of the first.
 *
 * Sizes are drawn before the clock starts, as many as a band has room for; which block goes is
 * drawn on the way, for two nanoseconds. Threads have nothing to do with each other. The work and
 * the checksum depend on the parameters and the seed alone.
 */
#include "common/bag.h"
#include "common/cli.h"
#include "common/draw.h"
#include "common/ledger.h"
#include "common/team.h"

enum { SIZES = 1 << 12, BANDS = 4 };

static const struct {
    uint32_t least_bytes, most_bytes;
} bands[BANDS] = {{16, 128}, {1 << 10, 4 << 10}, {128, 1 << 10}, {8 << 10, 64 << 10}};

typedef struct options {
    uint64_t live_bytes, keep_percent, phases, threads, seed;
    touch_t touch;
    bool latency;
    const char *result;
} options_t;

typedef struct worker {
    const options_t *options;
    ledger_t *ledger;
    bag_t bag;
    rng_t rng;
    uint32_t (*sizes)[SIZES]; /* of each band */
    uint32_t made;
} worker_t;

typedef struct phases {
    options_t options;
    ledger_t *ledgers;
    worker_t *workers;
} phases_t;

static inline void grow(worker_t *worker, const uint32_t *sizes, touch_t touch, bool latency) {
    int64_t full = (int64_t)(worker->options->live_bytes / worker->options->threads);
    int64_t live = atomic_load_explicit(&worker->ledger->live_bytes, memory_order_relaxed);
    for (uint32_t at = 0; live < full; at = (at + 1) % SIZES) {
        bag_put(&worker->bag,
                ledger_obtain(worker->ledger, sizes[at], worker->made++, touch, latency));
        live += sizes[at];
    }
    ledger_note_peak(worker->ledger);
}

static inline void shrink(worker_t *worker, bool latency) {
    bag_t *bag = &worker->bag;
    uint32_t kept = (uint32_t)((uint64_t)bag->count * worker->options->keep_percent / 100);
    while (bag->count > kept)
        ledger_drop(worker->ledger, bag_take(bag, &worker->rng), latency);
}

static inline __attribute__((always_inline)) void go_through(worker_t *worker, touch_t touch,
                                                             bool latency) {
    for (uint64_t phase = 0; phase < worker->options->phases; phase++) {
        if (phase > 0)
            shrink(worker, latency);
        grow(worker, worker->sizes[phase % BANDS], touch, latency);
    }
}

static void run(void *context, unsigned member) {
    worker_t *worker = &((phases_t *)context)->workers[member];
    ledger_begin_run(worker->ledger);
    LEDGER_SPECIALIZE(go_through, worker, worker->options->touch, worker->options->latency);
    ledger_end_run(worker->ledger);
}

static void drain(void *context, unsigned member) {
    worker_t *worker = &((phases_t *)context)->workers[member];
    while (worker->bag.count > 0)
        ledger_release(worker->ledger, worker->bag.blocks[--worker->bag.count], false);
}

/* Room for a share that is full of blocks of the smallest band. */
static uint32_t most_blocks(const options_t *options, const uint32_t *sizes) {
    uint64_t bytes = 0, share = options->live_bytes / options->threads;
    for (unsigned i = 0; i < SIZES; i++)
        bytes += sizes[i];
    return (uint32_t)((share / bytes + 2) * SIZES);
}

static void prepare(phases_t *phases) {
    const options_t *options = &phases->options;
    phases->ledgers = ledgers_new((unsigned)options->threads, options->latency);
    phases->workers = arena_alloc(options->threads, sizeof *phases->workers);
    for (unsigned i = 0; i < options->threads; i++) {
        worker_t *worker = &phases->workers[i];
        *worker = (worker_t){.options = options, .ledger = &phases->ledgers[i]};
        rng_seed(&worker->rng, options->seed + i);
        worker->sizes = arena_alloc(BANDS, sizeof *worker->sizes);
        for (unsigned band = 0; band < BANDS; band++) {
            for (unsigned at = 0; at < SIZES; at++) {
                worker->sizes[band][at] =
                    draw_log_uniform(&worker->rng, bands[band].least_bytes, bands[band].most_bytes);
            }
        }
        worker->bag = bag_new(most_blocks(options, worker->sizes[0]));
    }
}

static void measure(phases_t *phases, const cli_t *cli) {
    static sample_t sample;
    const options_t *options = &phases->options;
    prepare(phases);
    sample.workload = "phases";
    cli_describe(cli, &sample);
    if (options->latency)
        sample.clock = clock_calibrate();
    team_job_t job = {.context = phases, .run = run, .drain = drain};
    team_measure(&job, (unsigned)options->threads, &sample);
    ledgers_collect(phases->ledgers, &sample);
    sample_report(&sample, options->result);
}

int main(int argc, char **argv) {
    static phases_t phases = {.options.touch = TOUCH_PAGE};
    options_t *o = &phases.options;
    const cli_number_t numbers[] = {
        {"live-bytes", "BYTES", "at the end of each phase, of all threads together", &o->live_bytes,
         64 << 20, 1 << 20, UINT64_C(16) << 30, true},
        {"keep", "PERCENT", "blocks that survive a phase", &o->keep_percent, 10, 0, 99, false},
        {"phases", "N", "phases", &o->phases, 8, 1, 1000000, false},
        {"threads", "N", "threads", &o->threads, 1, 1, TEAM_MEMBERS_MAX, false},
        {"seed", "N", "of sizes and order", &o->seed, 1, 0, UINT64_MAX, false},
    };
    const cli_t cli = {.about = "A heap whose blocks change their size from phase to phase.",
                       .numbers = numbers,
                       .number_count = sizeof numbers / sizeof numbers[0],
                       .touch = &o->touch,
                       .latency = &o->latency,
                       .result = &o->result};
    cli_parse(&cli, argc, argv);
    measure(&phases, &cli);
    return 0;
}
