/*
 * drift.c - a generated workload: random replacement for a long time, in which the sizes slowly
 * change.
 *
 * The live set has --live-bytes. A new block is made, and blocks are freed at random while the live
 * set is larger than that. Sizes are log-uniform in a quarter of … four times a centre, which moves
 * from 64 B to 32 KiB and back, in 64 steps; at each step --turnover percent of the live bytes are
 * made anew. Such a round trip is a cycle, and --cycles of them are the run: so at the end of each
 * cycle, the live set is of the same kind as at the start, and what is resident beyond that has
 * been lost to fragmentation, or is kept.
 *
 * A reading is taken after a tenth of the cycles: memory that still grows from there, with the live
 * set the same, would go on growing.
 *
 *     bin/drift --cycles=5000          # some ten minutes
 *
 * Sizes are drawn before the clock starts, a table for each step; which of them comes and which
 * block goes is drawn on the way, for some nanoseconds: in a long run, no stream comes round again.
 * Threads have nothing to do with each other. The work and the checksum depend on the parameters
 * and the seed alone.
 */
#include "common/bag.h"
#include "common/cli.h"
#include "common/draw.h"
#include "common/ledger.h"
#include "common/team.h"

enum { STEPS = 64, SIZES = 1 << 10, WIDTH = 4, CENTRE_MIN = 64, CENTRE_MAX = 32 << 10 };

typedef struct options {
    uint64_t live_bytes, turnover_percent, cycles, threads, seed;
    touch_t touch;
    bool latency;
    const char *result;
} options_t;

typedef struct worker {
    const options_t *options;
    ledger_t *ledger;
    bag_t bag;
    rng_t rng;
    uint32_t (*sizes)[SIZES]; /* of each step */
    uint32_t made;
} worker_t;

typedef struct drift {
    options_t options;
    ledger_t *ledgers;
    worker_t *workers;
} drift_t;

static int64_t share_of(const options_t *options) {
    return (int64_t)(options->live_bytes / options->threads);
}

/* Makes that many bytes, and frees what is then too much. */
static inline void replace(worker_t *worker, const uint32_t *sizes, int64_t bytes, touch_t touch,
                           bool latency) {
    ledger_t *ledger = worker->ledger;
    int64_t most = share_of(worker->options);
    while (bytes > 0) {
        uint32_t size = sizes[rng_next(&worker->rng) % SIZES];
        bag_put(&worker->bag, ledger_obtain(ledger, size, worker->made, touch, latency));
        bytes -= size;
        if (worker->made++ % LEDGER_PEAK_EVERY == 0)
            ledger_note_peak(ledger);
        while (atomic_load_explicit(&ledger->live_bytes, memory_order_relaxed) > most)
            ledger_drop(ledger, bag_take(&worker->bag, &worker->rng), latency);
    }
}

static inline __attribute__((always_inline)) void go_round(worker_t *worker, touch_t touch,
                                                           bool latency) {
    const options_t *options = worker->options;
    int64_t bytes = share_of(options) * (int64_t)options->turnover_percent / 100;
    for (uint64_t cycle = 0; cycle < options->cycles; cycle++) {
        if (cycle == (options->cycles + 9) / 10)
            team_note_tenth();
        for (unsigned step = 0; step < STEPS; step++)
            replace(worker, worker->sizes[step], bytes, touch, latency);
    }
}

static void run(void *context, unsigned member) {
    worker_t *worker = &((drift_t *)context)->workers[member];
    ledger_begin_run(worker->ledger);
    LEDGER_SPECIALIZE(go_round, worker, worker->options->touch, worker->options->latency);
    ledger_end_run(worker->ledger);
}

/* Blocks as of the last step, which is next to the first. */
static void fill(void *context, unsigned member) {
    worker_t *worker = &((drift_t *)context)->workers[member];
    replace(worker, worker->sizes[STEPS - 1], share_of(worker->options), worker->options->touch,
            false);
    ledger_note_peak(worker->ledger);
}

static void drain(void *context, unsigned member) {
    worker_t *worker = &((drift_t *)context)->workers[member];
    while (worker->bag.count > 0)
        ledger_release(worker->ledger, worker->bag.blocks[--worker->bag.count], false);
}

/* Up in the first half of the steps, down in the second. */
static double centre_of(unsigned step) {
    double way = step < STEPS / 2 ? step : STEPS - 1 - step;
    return CENTRE_MIN * pow((double)CENTRE_MAX / CENTRE_MIN, way / (STEPS / 2 - 1));
}

static uint32_t least_mean(uint32_t (*sizes)[SIZES]) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < SIZES; i++)
        sum += sizes[0][i];
    return (uint32_t)(sum / SIZES);
}

static void prepare(drift_t *drift) {
    const options_t *options = &drift->options;
    drift->ledgers = ledgers_new((unsigned)options->threads, options->latency);
    drift->workers = arena_alloc(options->threads, sizeof *drift->workers);
    for (unsigned i = 0; i < options->threads; i++) {
        worker_t *worker = &drift->workers[i];
        *worker = (worker_t){.options = options, .ledger = &drift->ledgers[i]};
        rng_seed(&worker->rng, options->seed + i);
        worker->sizes = arena_alloc(STEPS, sizeof *worker->sizes);
        for (unsigned step = 0; step < STEPS; step++) {
            uint32_t centre = (uint32_t)centre_of(step);
            for (unsigned at = 0; at < SIZES; at++) {
                worker->sizes[step][at] =
                    draw_log_uniform(&worker->rng, centre / WIDTH, centre * WIDTH);
            }
        }
        /* Room for a live set of the least sizes only, and a fifth more, as they are drawn. */
        worker->bag = bag_new(
            (uint32_t)((uint64_t)share_of(options) * 6 / 5 / least_mean(worker->sizes)) + SIZES);
    }
}

static void measure(drift_t *drift, const cli_t *cli) {
    static sample_t sample;
    const options_t *options = &drift->options;
    prepare(drift);
    sample.workload = "drift";
    cli_describe(cli, &sample);
    if (options->latency)
        sample.clock = clock_calibrate();
    team_job_t job = {.context = drift, .fill = fill, .run = run, .drain = drain};
    team_measure(&job, (unsigned)options->threads, &sample);
    ledgers_collect(drift->ledgers, &sample);
    sample_report(&sample, options->result);
}

int main(int argc, char **argv) {
    static drift_t drift = {.options.touch = TOUCH_PAGE};
    options_t *o = &drift.options;
    const cli_number_t numbers[] = {
        {"live-bytes", "BYTES", "live set, of all threads together", &o->live_bytes, 32 << 20,
         1 << 20, UINT64_C(16) << 30, true},
        {"turnover", "PERCENT", "of the live bytes, made anew in a step", &o->turnover_percent, 10,
         1, 10000, false},
        {"cycles", "N", "round trips of the sizes", &o->cycles, 20, 2, 1000000000, false},
        {"threads", "N", "threads", &o->threads, 1, 1, TEAM_MEMBERS_MAX, false},
        {"seed", "N", "of sizes and order", &o->seed, 1, 0, UINT64_MAX, false},
    };
    const cli_t cli = {.about = "Random replacement for a long time, in which the sizes drift.",
                       .numbers = numbers,
                       .number_count = sizeof numbers / sizeof numbers[0],
                       .touch = &o->touch,
                       .latency = &o->latency,
                       .result = &o->result};
    cli_parse(&cli, argc, argv);
    measure(&drift, &cli);
    return 0;
}
