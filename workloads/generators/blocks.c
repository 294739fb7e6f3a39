/*
 * blocks.c - a generated workload: blocks that are freed in the order of a stack, of a queue, or in
 * none.
 *
 *   lifo     a stack: some blocks are freed from its top, then some pushed, as a program does that
 *            calls and returns. The number is log-uniform in 1 … --live: many short runs, a few
 * that unwind nearly all. --live is the greatest depth, and the one at the start fifo     a queue
 * of constant length: the oldest is freed, a new one made random   the block in a random slot is
 * freed, a new one put there
 *
 * Sizes are uniform, log-uniform or Pareto in --min … --max. With --min and --max close together
 * the workload is the churn of one size, of any size up to 64 MiB. --call says how blocks are made:
 *
 *   malloc
 *   calloc   one block in 16 is looked at in three places, where it will be written anyway, for
 *            whether it is zero
 *   aligned  by aligned_alloc, the alignment one of 64, 128, … 4096; all addresses are looked at.
 *            A size that is a power of two becomes one byte more: mimalloc 2.0.9 misaligns small
 *            ones of these, and would drop out of every comparison
 *
 * Threads have nothing to do with each other. Slots, sizes and runs are drawn before the clock
 * starts; the slots shift from round to round of the stream, so that no slot sees the same sizes
 * again. The work and the checksum depend on the parameters and the seed alone.
 */
#include "common/arena.h"
#include "common/cli.h"
#include "shared/die.h"
#include "common/draw.h"
#include "common/ledger.h"
#include "common/rng.h"
#include "common/team.h"

enum { STREAM_STEPS_MAX = 1 << 20, RUNS = 1 << 12, ALIGN_LOG_MIN = 6, ALIGN_LOG_MAX = 12 };
enum { BYTES_MOST = 64 << 20, CALLOC_CHECK_EVERY = 16 };

typedef enum pattern { PATTERN_LIFO, PATTERN_FIFO, PATTERN_RANDOM } pattern_t;
typedef enum sizes { SIZES_UNIFORM, SIZES_LOG, SIZES_PARETO } sizes_t;
typedef enum call { CALL_MALLOC, CALL_CALLOC, CALL_ALIGNED } call_t;

typedef struct options {
    uint64_t live, threads, ops, seed;
    uint64_t min_bytes, max_bytes, alpha_percent;
    unsigned pattern, sizes, call;
    touch_t touch;
    bool latency;
    const char *result;
} options_t;

typedef struct step {
    uint32_t slot;
    uint32_t bytes : 27;
    uint32_t align_log : 5;
} step_t;

typedef struct worker {
    const options_t *options;
    ledger_t *ledger;
    block_t *slots;
    step_t *stream;
    uint32_t *runs; /* of a stack; RUNS of them */
    uint32_t slot_count, stream_steps, at, shift;
    uint64_t steps;
    unsigned number;
} worker_t;

typedef struct blocks {
    options_t options;
    ledger_t *ledgers;
    worker_t *workers;
} blocks_t;

static inline char *call_for(call_t call, step_t step) {
    switch (call) {
    case CALL_CALLOC:
        return calloc(1, step.bytes);
    case CALL_ALIGNED:
        return aligned_alloc((size_t)1 << step.align_log, step.bytes);
    default:
        return malloc(step.bytes);
    }
}

/* A page that is read first costs a page fault more than one that is written at once: so not every
 * block is looked at, and none where it is not written. */
static inline void check_new(const worker_t *worker, const block_t *block, step_t step,
                             touch_t touch) {
    const char *start = block->start;
    uint32_t end = step.bytes - 1;
    if (worker->options->call == CALL_ALIGNED &&
        ((uintptr_t)start & (((uintptr_t)1 << step.align_log) - 1)) != 0)
        die("%p is not aligned to %u bytes", (const void *)start, 1u << step.align_log);
    if (worker->options->call != CALL_CALLOC || worker->ledger->mallocs % CALLOC_CHECK_EVERY != 0 ||
        start == NULL)
        return;
    if (start[0] != 0 || (touch != TOUCH_FIRST && (start[end / 2] != 0 || start[end] != 0)))
        die("the block of %u bytes at %p from calloc is not zero", block->bytes,
            (const void *)start);
}

static inline __attribute__((always_inline)) void make(worker_t *worker, uint32_t slot, step_t step,
                                                       touch_t touch, bool latency) {
    static const latency_kind_t kinds[] = {LATENCY_MALLOC, LATENCY_CALLOC, LATENCY_ALIGNED};
    call_t call = worker->options->call;
    block_t *block = &worker->slots[slot];
    *block = (block_t){.bytes = step.bytes, .stamp = slot};
    if (latency) {
        uint64_t before = clock_ticks();
        block->start = call_for(call, step);
        latency_add(worker->ledger->latency, kinds[call], step.bytes, clock_ticks() - before);
    } else {
        block->start = call_for(call, step);
    }
    if (call != CALL_MALLOC)
        check_new(worker, block, step, touch);
    ledger_enter(worker->ledger, block, touch);
}

static inline step_t next_step(worker_t *worker) {
    step_t step = worker->stream[worker->at];
    if (++worker->at == worker->stream_steps) {
        worker->at = 0;
        worker->shift = (worker->shift + STREAM_STEPS_MAX / 2 + 1) % worker->slot_count;
    }
    return step;
}

static inline __attribute__((always_inline)) void replace_random(worker_t *worker, touch_t touch,
                                                                 bool latency) {
    for (uint64_t left = worker->steps; left > 0; left--) {
        step_t step = next_step(worker);
        uint32_t slot = step.slot + worker->shift;
        if (slot >= worker->slot_count)
            slot -= worker->slot_count;
        ledger_drop(worker->ledger, worker->slots[slot], latency);
        make(worker, slot, step, touch, latency);
        if (left % LEDGER_PEAK_EVERY == 0)
            ledger_note_peak(worker->ledger);
    }
}

static inline __attribute__((always_inline)) void replace_oldest(worker_t *worker, touch_t touch,
                                                                 bool latency) {
    uint32_t oldest = 0;
    for (uint64_t left = worker->steps; left > 0; left--) {
        ledger_drop(worker->ledger, worker->slots[oldest], latency);
        make(worker, oldest, next_step(worker), touch, latency);
        if (++oldest == worker->slot_count)
            oldest = 0;
        if (left % LEDGER_PEAK_EVERY == 0)
            ledger_note_peak(worker->ledger);
    }
}

static uint64_t least_of(uint64_t a, uint64_t b, uint64_t c) {
    uint64_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* The run ends as it began, with the stack at its greatest depth: so what can still be freed is
 * half of what is left beyond filling it again. */
static inline __attribute__((always_inline)) void call_and_return(worker_t *worker, touch_t touch,
                                                                  bool latency) {
    uint32_t depth = worker->slot_count;
    uint64_t left = 2 * worker->steps; /* a step is a free and a malloc */
    for (uint32_t at = 0; left > 0; at = (at + 2) % RUNS) {
        uint64_t spare = (left - (worker->slot_count - depth)) / 2;
        uint64_t returns = least_of(worker->runs[at], depth, spare);
        left -= returns;
        for (; returns > 0; returns--) {
            depth--;
            ledger_drop(worker->ledger, worker->slots[depth], latency);
        }
        uint64_t calls = least_of(worker->runs[at + 1], worker->slot_count - depth, left);
        left -= calls;
        for (; calls > 0; calls--)
            make(worker, depth++, next_step(worker), touch, latency);
        ledger_note_peak(worker->ledger);
    }
}

static void run(void *context, unsigned member) {
    worker_t *worker = &((blocks_t *)context)->workers[member];
    const options_t *options = worker->options;
    ledger_begin_run(worker->ledger);
    if (options->pattern == PATTERN_LIFO)
        LEDGER_SPECIALIZE(call_and_return, worker, options->touch, options->latency);
    else if (options->pattern == PATTERN_FIFO)
        LEDGER_SPECIALIZE(replace_oldest, worker, options->touch, options->latency);
    else
        LEDGER_SPECIALIZE(replace_random, worker, options->touch, options->latency);
    ledger_end_run(worker->ledger);
}

static uint32_t draw_bytes(const options_t *options, rng_t *rng) {
    uint64_t least = options->min_bytes, most = options->max_bytes;
    switch (options->sizes) {
    case SIZES_UNIFORM:
        return draw_uniform(rng, least, most);
    case SIZES_LOG:
        return draw_log_uniform(rng, least, most);
    default:
        return draw_pareto(rng, least, most, (double)options->alpha_percent / 100);
    }
}

static step_t draw_step(const options_t *options, uint32_t slot_count, rng_t *rng) {
    step_t step = {.slot = (uint32_t)rng_below(rng, slot_count)};
    uint32_t bytes = draw_bytes(options, rng);
    if (options->call == CALL_ALIGNED) {
        bytes += (bytes & (bytes - 1)) == 0;
        step.align_log = draw_uniform(rng, ALIGN_LOG_MIN, ALIGN_LOG_MAX) & 31;
    }
    step.bytes = bytes & ((1u << 27) - 1);
    return step;
}

/* One block for each slot, of sizes drawn from a generator of its own. */
static void fill(void *context, unsigned member) {
    worker_t *worker = &((blocks_t *)context)->workers[member];
    const options_t *options = worker->options;
    rng_t rng;
    rng_seed(&rng, ~(options->seed + member));
    for (uint32_t slot = 0; slot < worker->slot_count; slot++)
        make(worker, slot, draw_step(options, worker->slot_count, &rng), options->touch, false);
    ledger_note_peak(worker->ledger);
}

static void drain(void *context, unsigned member) {
    worker_t *worker = &((blocks_t *)context)->workers[member];
    for (uint32_t slot = 0; slot < worker->slot_count; slot++)
        ledger_release(worker->ledger, worker->slots[slot], false);
}

static void draw_stream(worker_t *worker) {
    rng_t rng;
    rng_seed(&rng, worker->options->seed + worker->number);
    for (uint32_t i = 0; i < worker->stream_steps; i++)
        worker->stream[i] = draw_step(worker->options, worker->slot_count, &rng);
    for (uint32_t i = 0; i < RUNS; i++)
        worker->runs[i] = draw_log_uniform(&rng, 1, worker->slot_count);
}

static void prepare(blocks_t *blocks) {
    const options_t *options = &blocks->options;
    uint64_t threads = options->threads;
    blocks->ledgers = ledgers_new((unsigned)threads, options->latency);
    blocks->workers = arena_alloc(threads, sizeof *blocks->workers);
    for (unsigned i = 0; i < threads; i++) {
        worker_t *worker = &blocks->workers[i];
        worker->options = options;
        worker->ledger = &blocks->ledgers[i];
        worker->number = i;
        worker->slot_count = (uint32_t)(options->live / threads + (i < options->live % threads));
        worker->steps = options->ops / 2 / threads;
        worker->stream_steps = (uint32_t)least_of(worker->steps, STREAM_STEPS_MAX, UINT32_MAX);
        worker->slots = arena_alloc(worker->slot_count, sizeof *worker->slots);
        worker->stream = arena_alloc(worker->stream_steps, sizeof *worker->stream);
        worker->runs = arena_alloc(RUNS, sizeof *worker->runs);
        draw_stream(worker);
    }
}

static void check_options(const options_t *options) {
    if (options->min_bytes > options->max_bytes)
        die_usage("--min exceeds --max");
    if (options->live < options->threads)
        die_usage("--live must be at least --threads");
    if (options->ops / 2 < options->threads)
        die_usage("--ops must be at least 2 times --threads");
}

static void measure(blocks_t *blocks, const cli_t *cli) {
    static sample_t sample;
    const options_t *options = &blocks->options;
    prepare(blocks);
    sample.workload = "blocks";
    cli_describe(cli, &sample);
    if (options->latency)
        sample.clock = clock_calibrate();
    team_job_t job = {.context = blocks, .fill = fill, .run = run, .drain = drain};
    team_measure(&job, (unsigned)options->threads, &sample);
    ledgers_collect(blocks->ledgers, &sample);
    sample_report(&sample, options->result);
}

int main(int argc, char **argv) {
    static const char *const patterns[] = {"lifo", "fifo", "random", NULL};
    static const char *const sizes[] = {"uniform", "log", "pareto", NULL};
    static const char *const calls[] = {"malloc", "calloc", "aligned", NULL};
    static blocks_t blocks = {.options.touch = TOUCH_WHOLE};
    options_t *o = &blocks.options;
    const cli_number_t numbers[] = {
        {"live", "N", "live blocks, of all threads together", &o->live, 10000, 1, 100000000, false},
        {"min", "BYTES", "least size", &o->min_bytes, 8, 1, BYTES_MOST, true},
        {"max", "BYTES", "largest size", &o->max_bytes, 1024, 1, BYTES_MOST, true},
        {"alpha", "PERCENT", "of the Pareto sizes: the less, the more large ones",
         &o->alpha_percent, 120, 1, 10000, false},
        {"threads", "N", "threads", &o->threads, 1, 1, TEAM_MEMBERS_MAX, false},
        {"seed", "N", "of sizes, slots and runs", &o->seed, 1, 0, UINT64_MAX, false},
        {"ops", "N", "operations, of all threads together", &o->ops, 2000000, 2, UINT64_C(1) << 40,
         false},
    };
    const cli_choice_t choices[] = {
        {"pattern", "which block is freed", patterns, &o->pattern, PATTERN_RANDOM},
        {"sizes", "their distribution", sizes, &o->sizes, SIZES_LOG},
        {"call", "how blocks are made", calls, &o->call, CALL_MALLOC},
    };
    const cli_t cli = {.about = "Blocks freed as a stack, as a queue, or in random order.",
                       .numbers = numbers,
                       .number_count = sizeof numbers / sizeof numbers[0],
                       .choices = choices,
                       .choice_count = sizeof choices / sizeof choices[0],
                       .touch = &o->touch,
                       .latency = &o->latency,
                       .result = &o->result};
    cli_parse(&cli, argc, argv);
    check_options(o);
    measure(&blocks, &cli);
    return 0;
}
