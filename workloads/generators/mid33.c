/*
 * mid33.c - a generated workload around 33 KB: random replacement of a live set.
 *
 * Each thread owns its share of the live blocks. A step frees the block in a random slot and puts a
 * new one there; --burst=N frees N slots and then fills them, so that free lists grow and shrink as
 * they do under real programs. Sizes are a mix of three parts:
 *
 *   share33   size33 … size33 + spread33, uniform     (just above 32 KiB, where others round to 40)
 *   small     small-min … small-max, log-uniform
 *   the rest  tail-min … tail-max, log-uniform        (32 KiB … 5 MiB)
 *
 * --cross=P: that share of the frees is done by the next thread. The block travels through a
 * single-producer single-consumer ring of 256 entries. When it is full, because the other thread
 * does not run at the moment, the thread yields until there is room, freeing meanwhile what it is
 * handed itself; and one that is done early stays until its neighbour hands over no more. So the
 * share is what was asked for however busy the machine is, and the work is the same in every run.
 *
 * Slots and sizes are drawn before the clock starts: a step costs the harness a few nanoseconds.
 * The stream depends on the parameters and the seed alone, and so does the checksum. The live set
 * is built before the timed part (common/team.h).
 */
#include "common/arena.h"
#include "common/cli.h"
#include "common/die.h"
#include "common/ring.h"
#include "common/rng.h"
#include "common/sample.h"
#include "common/team.h"
#include "common/touch.h"

#include <math.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 64, RING_ENTRIES = 256, STREAM_STEPS_MAX = 1 << 20, PEAK_EVERY = 64 };

typedef struct options {
    uint64_t live, threads, ops, seed, burst;
    uint64_t share33, small, cross; /* percent */
    uint64_t size33_bytes, spread33_bytes;
    uint64_t small_min_bytes, small_max_bytes, tail_min_bytes, tail_max_bytes;
    touch_t touch;
    bool latency;
    const char *result;
} options_t;

typedef struct step {
    uint32_t slot;
    uint32_t bytes : 31;
    uint32_t cross : 1;
} step_t;

typedef struct worker {
    _Alignas(LINE_BYTES) _Atomic int64_t live_bytes; /* others read it to sum up; may be negative */
    int64_t own_peak_bytes, team_peak_bytes;
    uint64_t mallocs, frees, null_returns, checksum;
    uint64_t fill_ops;      /* what the live set took */
    uint64_t run_ops;       /* at the end of the timed part; drain goes on counting */
    int64_t run_live_bytes; /* so does this */
    block_t *slots;
    step_t *stream;
    uint32_t slot_count, stream_steps;
    uint64_t steps;
    ring_t *outbox, *inbox;
    _Atomic uint64_t rounds_done; /* of these it hands over no more */
    latency_t *latency;           /* NULL: operations are not timed */
    struct mid33 *run;
    unsigned number;
} worker_t;

typedef struct mid33 {
    options_t options;
    worker_t *workers;
} mid33_t;

/* Other members' values may be a few operations old; with one thread the peak is exact. */
static void note_peak(worker_t *worker) {
    int64_t sum = 0;
    for (uint64_t i = 0; i < worker->run->options.threads; i++)
        sum += atomic_load_explicit(&worker->run->workers[i].live_bytes, memory_order_relaxed);
    if (sum > worker->team_peak_bytes)
        worker->team_peak_bytes = sum;
}

/* Relaxed: a statistic, nothing is ordered by it. Only the owner writes. */
static inline int64_t add_live(worker_t *worker, int64_t bytes) {
    int64_t live = atomic_load_explicit(&worker->live_bytes, memory_order_relaxed) + bytes;
    atomic_store_explicit(&worker->live_bytes, live, memory_order_relaxed);
    return live;
}

static inline void release(worker_t *worker, const block_t *block, bool latency) {
    if (block->start == NULL)
        return;
    add_live(worker, -(int64_t)block->bytes);
    worker->frees++;
    if (latency) {
        uint64_t before = clock_ticks();
        free(block->start);
        latency_add(worker->latency, LATENCY_FREE, block->bytes, clock_ticks() - before);
    } else {
        free(block->start);
    }
}

static inline void obtain(worker_t *worker, step_t step, touch_t touch, bool latency) {
    char *start;
    worker->mallocs++;
    if (latency) {
        uint64_t before = clock_ticks();
        start = malloc(step.bytes);
        latency_add(worker->latency, LATENCY_MALLOC, step.bytes, clock_ticks() - before);
    } else {
        start = malloc(step.bytes);
    }
    worker->slots[step.slot] = (block_t){start, step.bytes, step.slot};
    if (start == NULL) {
        worker->null_returns++;
        return;
    }
    touch_block(touch, start, step.bytes);
    start[0] = (char)step.slot; /* checked when all is drained */
    worker->checksum += (step.bytes ^ ((uint64_t)step.slot << 32)) * UINT64_C(0x9e3779b97f4a7c15);
    int64_t live = add_live(worker, step.bytes);
    if (live > worker->own_peak_bytes) {
        worker->own_peak_bytes = live;
        note_peak(worker);
    }
}

static bool hand_over(ring_t *ring, const block_t *block) {
    if (ring_room(ring) == 0)
        return false;
    *ring_to_put(ring, 0) = *block;
    ring_publish(ring, 1);
    return true;
}

static inline void empty_inbox(worker_t *worker, bool latency) {
    uint32_t filled = ring_filled(worker->inbox);
    for (uint32_t i = 0; i < filled; i++)
        release(worker, ring_to_take(worker->inbox, i), latency);
    ring_free(worker->inbox, filled);
}

static inline void vacate(worker_t *worker, step_t step, bool latency) {
    block_t *block = &worker->slots[step.slot];
    if (!step.cross || block->start == NULL) {
        release(worker, block, latency);
        return;
    }
    empty_inbox(worker, latency);
    while (!hand_over(worker->outbox, block)) {
        sched_yield();
        empty_inbox(worker, latency);
    }
}

/* Acquire, by way of the flag: with it the last entry is seen too. */
static void serve_neighbour(worker_t *worker, bool latency) {
    uint64_t threads = worker->run->options.threads;
    worker_t *neighbour = &worker->run->workers[(worker->number + threads - 1) % threads];
    uint64_t rounds = atomic_fetch_add(&worker->rounds_done, 1) + 1;
    while (atomic_load(&neighbour->rounds_done) < rounds) {
        empty_inbox(worker, latency);
        sched_yield();
    }
    empty_inbox(worker, latency);
}

/* The timed loop; made once for each kind of run, so that it tests nothing it need not. */
static inline __attribute__((always_inline)) void replace(worker_t *worker, touch_t touch,
                                                          bool latency) {
    const step_t *stream = worker->stream;
    uint32_t burst = (uint32_t)worker->run->options.burst, at = 0;
    uint32_t to_peak = PEAK_EVERY;
    for (uint64_t left = worker->steps; left > 0; left -= burst) {
        for (uint32_t i = 0; i < burst; i++)
            vacate(worker, stream[at + i], latency);
        for (uint32_t i = 0; i < burst; i++)
            obtain(worker, stream[at + i], touch, latency);
        at += burst;
        if (at == worker->stream_steps)
            at = 0;
        if (to_peak-- == 0) {
            to_peak = PEAK_EVERY;
            note_peak(worker);
        }
    }
}

static void run(void *context, unsigned member) {
    mid33_t *mid33 = context;
    worker_t *worker = &mid33->workers[member];
    if (mid33->options.latency)
        replace(worker, mid33->options.touch, true);
    else if (mid33->options.touch == TOUCH_FIRST)
        replace(worker, TOUCH_FIRST, false);
    else if (mid33->options.touch == TOUCH_PAGE)
        replace(worker, TOUCH_PAGE, false);
    else
        replace(worker, TOUCH_WHOLE, false);
    if (mid33->options.cross > 0)
        serve_neighbour(worker, mid33->options.latency);
    worker->run_ops = worker->mallocs + worker->frees - worker->fill_ops;
    worker->run_live_bytes = atomic_load_explicit(&worker->live_bytes, memory_order_relaxed);
}

static uint32_t log_uniform(rng_t *rng, uint64_t least, uint64_t most) {
    double low = log((double)least), high = log((double)most + 1);
    uint64_t bytes = (uint64_t)exp(low + rng_unit(rng) * (high - low));
    return (uint32_t)(bytes < least ? least : bytes > most ? most : bytes);
}

static uint32_t draw_bytes(const options_t *options, rng_t *rng) {
    uint64_t percent = rng_below(rng, 100);
    if (percent < options->share33)
        return (uint32_t)(options->size33_bytes + rng_below(rng, options->spread33_bytes + 1));
    if (percent < options->share33 + options->small)
        return log_uniform(rng, options->small_min_bytes, options->small_max_bytes);
    return log_uniform(rng, options->tail_min_bytes, options->tail_max_bytes);
}

/* One block for each slot, of sizes drawn from a generator of its own. */
static void fill(void *context, unsigned member) {
    mid33_t *mid33 = context;
    worker_t *worker = &mid33->workers[member];
    rng_t rng;
    rng_seed(&rng, ~(mid33->options.seed + member));
    for (uint32_t slot = 0; slot < worker->slot_count; slot++) {
        step_t step = {.slot = slot, .bytes = draw_bytes(&mid33->options, &rng) & INT32_MAX};
        obtain(worker, step, mid33->options.touch, false);
    }
    worker->fill_ops = worker->mallocs + worker->frees;
}

static team_tally_t tally(void *context) {
    const mid33_t *mid33 = context;
    team_tally_t out = {0};
    for (uint64_t i = 0; i < mid33->options.threads; i++) {
        const worker_t *worker = &mid33->workers[i];
        out.ops += worker->mallocs + worker->frees;
        out.checksum += worker->checksum * (2 * i + 1);
        out.null_returns += worker->null_returns;
    }
    return out;
}

static void drain(void *context, unsigned member) {
    worker_t *worker = &((mid33_t *)context)->workers[member];
    for (uint32_t slot = 0; slot < worker->slot_count; slot++) {
        block_check(&worker->slots[slot]);
        release(worker, &worker->slots[slot], false);
    }
}

/* Slots of one burst differ: a partial shuffle of all slots, kept from burst to burst. */
static void draw_stream(worker_t *worker, const options_t *options) {
    rng_t rng;
    rng_seed(&rng, options->seed + worker->number);
    uint32_t *order = arena_alloc(worker->slot_count, sizeof *order);
    for (uint32_t i = 0; i < worker->slot_count; i++)
        order[i] = i;
    for (uint32_t at = 0; at < worker->stream_steps; at++) {
        uint32_t i = at % (uint32_t)options->burst;
        uint32_t j = i + (uint32_t)rng_below(&rng, worker->slot_count - i);
        uint32_t slot = order[j];
        order[j] = order[i];
        order[i] = slot;
        worker->stream[at] = (step_t){.slot = slot,
                                      .bytes = draw_bytes(options, &rng) & INT32_MAX,
                                      .cross = rng_below(&rng, 100) < options->cross};
    }
    arena_free(order, worker->slot_count, sizeof *order);
}

static void prepare(mid33_t *mid33) {
    const options_t *options = &mid33->options;
    uint64_t threads = options->threads, burst = options->burst;
    ring_t *rings = arena_alloc(threads, sizeof *rings);
    mid33->workers = arena_alloc(threads, sizeof *mid33->workers);
    for (unsigned i = 0; i < threads; i++) {
        worker_t *worker = &mid33->workers[i];
        worker->run = mid33;
        worker->number = i;
        worker->slot_count = (uint32_t)(options->live / threads + (i < options->live % threads));
        worker->steps = options->ops / 2 / threads / burst * burst;
        worker->stream_steps = (uint32_t)(STREAM_STEPS_MAX / burst * burst);
        if (worker->steps < worker->stream_steps)
            worker->stream_steps = (uint32_t)worker->steps;
        worker->slots = arena_alloc(worker->slot_count, sizeof *worker->slots);
        worker->stream = arena_alloc(worker->stream_steps, sizeof *worker->stream);
        rings[i].entries = arena_alloc(RING_ENTRIES, sizeof *rings[i].entries);
        rings[i].entry_count = RING_ENTRIES;
        worker->outbox = &rings[i];
        worker->inbox = &rings[(i + threads - 1) % threads];
        worker->latency = options->latency ? latency_new(1) : NULL;
        draw_stream(worker, options);
    }
}

static void collect(const mid33_t *mid33, sample_t *sample) {
    latency_t *latency = mid33->workers[0].latency;
    int64_t peak = 0, steady = 0;
    for (uint64_t i = 0; i < mid33->options.threads; i++) {
        const worker_t *worker = &mid33->workers[i];
        sample->ops += worker->run_ops;
        steady += worker->run_live_bytes;
        if (worker->team_peak_bytes > peak)
            peak = worker->team_peak_bytes;
        sample->null_returns += worker->null_returns;
        sample->checksum += worker->checksum * (2 * i + 1);
        if (i > 0 && latency != NULL)
            latency_merge(latency, worker->latency);
    }
    sample->requested_peak_bytes = (uint64_t)peak;
    sample->requested_steady_bytes = (uint64_t)steady;
    sample->latency = latency;
}

static void check_options(const options_t *options) {
    if (options->share33 + options->small > 100)
        die_usage("--share33 and --small together exceed 100 percent");
    if (options->small_min_bytes > options->small_max_bytes)
        die_usage("--small-min exceeds --small-max");
    if (options->tail_min_bytes > options->tail_max_bytes)
        die_usage("--tail-min exceeds --tail-max");
    if (options->live / options->threads < options->burst)
        die_usage("--live must be at least --threads times --burst");
    if (options->ops / 2 / options->threads < options->burst)
        die_usage("--ops must be at least 2 times --threads times --burst");
}

static void measure(mid33_t *mid33, const cli_t *cli) {
    static sample_t sample;
    const options_t *options = &mid33->options;
    prepare(mid33);
    sample.workload = "mid33";
    cli_describe(cli, &sample);
    if (options->latency)
        sample.clock = clock_calibrate();
    team_job_t job = {.context = mid33, .fill = fill, .run = run, .drain = drain, .tally = tally};
    team_measure(&job, (unsigned)options->threads, &sample);
    collect(mid33, &sample);
    sample_report(&sample, options->result);
}

int main(int argc, char **argv) {
    enum { SPREAD_MAX = CLI_BYTES_MAX / 2 };
    static mid33_t mid33;
    options_t *o = &mid33.options;
    const uint64_t ops_most = UINT64_C(1) << 40, most = CLI_BYTES_MAX;
    const cli_number_t numbers[] = {
        {"live", "N", "live blocks, of all threads together", &o->live, 1000, 1, 100000000, false},
        {"share33", "PERCENT", "requests of about 33 KB", &o->share33, 60, 0, 100, false},
        {"size33", "BYTES", "their least size", &o->size33_bytes, 33000, 1, most, true},
        {"spread33", "BYTES", "their sizes are uniform in size33 … size33 + spread33",
         &o->spread33_bytes, 0, 0, SPREAD_MAX, true},
        {"small", "PERCENT", "small requests; the rest is the tail", &o->small, 38, 0, 100, false},
        {"small-min", "BYTES", "least small size", &o->small_min_bytes, 16, 1, most, true},
        {"small-max", "BYTES", "largest small size", &o->small_max_bytes, 1024, 1, most, true},
        {"tail-min", "BYTES", "least tail size", &o->tail_min_bytes, 32768, 1, most, true},
        {"tail-max", "BYTES", "largest tail size", &o->tail_max_bytes, 5 << 20, 1, most, true},
        {"threads", "N", "threads", &o->threads, 1, 1, TEAM_MEMBERS_MAX, false},
        {"cross", "PERCENT", "frees done by the next thread", &o->cross, 0, 0, 100, false},
        {"burst", "N", "blocks freed, then blocks made, in a row", &o->burst, 1, 1, 65536, false},
        {"seed", "N", "of sizes, slots and cross-thread frees", &o->seed, 1, 0, UINT64_MAX, false},
        {"ops", "N", "mallocs and frees, of all threads together", &o->ops, 2000000, 2, ops_most,
         false},
    };
    const cli_t cli = {.about = "Random replacement of a live set, around 33 KB.",
                       .numbers = numbers,
                       .number_count = sizeof numbers / sizeof numbers[0],
                       .touch = &o->touch,
                       .latency = &o->latency,
                       .result = &o->result};
    cli_parse(&cli, argc, argv);
    check_options(o);
    measure(&mid33, &cli);
    return 0;
}
