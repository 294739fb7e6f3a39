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
#include "common/die.h"
#include "common/number.h"
#include "common/rng.h"
#include "common/sample.h"
#include "common/team.h"
#include "common/touch.h"

#include <argp.h>
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

typedef struct block {
    char *start; /* NULL: empty, or the allocator returned NULL */
    uint32_t bytes;
    uint32_t slot;
} block_t;

/* Written by one member, read by the next. */
typedef struct ring {
    _Alignas(LINE_BYTES) _Atomic uint32_t head; /* consumer */
    _Alignas(LINE_BYTES) _Atomic uint32_t tail; /* producer */
    _Alignas(LINE_BYTES) block_t entries[RING_ENTRIES];
} ring_t;

typedef struct worker {
    _Alignas(LINE_BYTES) _Atomic int64_t live_bytes; /* others read it to sum up; may be negative */
    int64_t own_peak_bytes, team_peak_bytes;
    uint64_t mallocs, frees, null_returns, checksum;
    uint64_t run_ops;       /* at the end of the timed part; drain goes on counting */
    int64_t run_live_bytes; /* so does this */
    block_t *slots;
    step_t *stream;
    uint32_t slot_count, stream_steps;
    uint64_t steps;
    ring_t *outbox, *inbox;
    atomic_bool is_done; /* hands over no more */
    histogram_t *latency_malloc, *latency_free;
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
        histogram_add(worker->latency_free, clock_ticks() - before);
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
        histogram_add(worker->latency_malloc, clock_ticks() - before);
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
    uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    /* Acquire: the consumer has read the entry before it is written again. */
    if (tail - atomic_load_explicit(&ring->head, memory_order_acquire) == RING_ENTRIES)
        return false;
    ring->entries[tail % RING_ENTRIES] = *block;
    /* Release: the entry is seen before its number is. */
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    return true;
}

static inline void empty_inbox(worker_t *worker, bool latency) {
    ring_t *ring = worker->inbox;
    uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    for (; head != tail; head++)
        release(worker, &ring->entries[head % RING_ENTRIES], latency);
    atomic_store_explicit(&ring->head, head, memory_order_release);
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
    atomic_store(&worker->is_done, true);
    while (!atomic_load(&neighbour->is_done)) {
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
    worker->mallocs = worker->frees = 0;
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
    worker->run_ops = worker->mallocs + worker->frees;
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
}

static void check_block(const block_t *block) {
    if (block->start != NULL && block->start[0] != (char)block->slot)
        die("the block of %u bytes at %p was overwritten", block->bytes, (void *)block->start);
}

static void drain(void *context, unsigned member) {
    worker_t *worker = &((mid33_t *)context)->workers[member];
    for (uint32_t slot = 0; slot < worker->slot_count; slot++) {
        check_block(&worker->slots[slot]);
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
        worker->outbox = &rings[i];
        worker->inbox = &rings[(i + threads - 1) % threads];
        worker->latency_malloc = arena_alloc(1, sizeof(histogram_t));
        worker->latency_free = arena_alloc(1, sizeof(histogram_t));
        draw_stream(worker, options);
    }
}

static void describe(const options_t *options, sample_t *sample) {
    sample->workload = "mid33";
    sample_param_number(sample, "live", options->live);
    sample_param_number(sample, "share33", options->share33);
    sample_param_number(sample, "size33", options->size33_bytes);
    sample_param_number(sample, "spread33", options->spread33_bytes);
    sample_param_number(sample, "small", options->small);
    sample_param_number(sample, "small_min", options->small_min_bytes);
    sample_param_number(sample, "small_max", options->small_max_bytes);
    sample_param_number(sample, "tail_min", options->tail_min_bytes);
    sample_param_number(sample, "tail_max", options->tail_max_bytes);
    sample_param_number(sample, "threads", options->threads);
    sample_param_number(sample, "cross", options->cross);
    sample_param_number(sample, "burst", options->burst);
    sample_param_text(sample, "touch", touch_name(options->touch));
    sample_param_number(sample, "seed", options->seed);
    sample_param_number(sample, "ops", options->ops);
}

static void collect(const mid33_t *mid33, sample_t *sample) {
    histogram_t *mallocs = mid33->workers[0].latency_malloc;
    histogram_t *frees = mid33->workers[0].latency_free;
    int64_t peak = 0, steady = 0;
    for (uint64_t i = 0; i < mid33->options.threads; i++) {
        const worker_t *worker = &mid33->workers[i];
        sample->ops += worker->run_ops;
        steady += worker->run_live_bytes;
        if (worker->team_peak_bytes > peak)
            peak = worker->team_peak_bytes;
        sample->null_returns += worker->null_returns;
        sample->checksum += worker->checksum * (2 * i + 1);
        if (i > 0) {
            histogram_merge(mallocs, worker->latency_malloc);
            histogram_merge(frees, worker->latency_free);
        }
    }
    sample->requested_peak_bytes = (uint64_t)peak;
    sample->requested_steady_bytes = (uint64_t)steady;
    sample->has_latency = mid33->options.latency;
    sample->latency_malloc = mallocs;
    sample->latency_free = frees;
}

enum { KEY_FIRST = 0x100, KEY_TOUCH = 0x1000, KEY_LATENCY, KEY_RESULT };

/* Numeric options: name, argument, help, where it is kept, bounds. */
typedef struct number_option {
    const char *name, *argument, *help;
    size_t offset;
    uint64_t fallback, least, most;
    bool bytes;
} number_option_t;

enum { BYTES_MAX = 1 << 30 };

#define NUMBER(name, field, argument, fallback, least, most, bytes, help)                          \
    { name, argument, help, offsetof(options_t, field), fallback, least, most, bytes }

static const number_option_t numbers[] = {
    NUMBER("live", live, "N", 1000, 1, 100000000, false, "live blocks, of all threads together"),
    NUMBER("share33", share33, "PERCENT", 60, 0, 100, false, "requests of about 33 KB"),
    NUMBER("size33", size33_bytes, "BYTES", 33000, 1, BYTES_MAX, true, "their least size"),
    NUMBER("spread33", spread33_bytes, "BYTES", 0, 0, BYTES_MAX / 2, true,
           "their sizes are uniform in size33 … size33 + spread33"),
    NUMBER("small", small, "PERCENT", 38, 0, 100, false, "small requests; the rest is the tail"),
    NUMBER("small-min", small_min_bytes, "BYTES", 16, 1, BYTES_MAX, true, "least small size"),
    NUMBER("small-max", small_max_bytes, "BYTES", 1024, 1, BYTES_MAX, true, "largest small size"),
    NUMBER("tail-min", tail_min_bytes, "BYTES", 32768, 1, BYTES_MAX, true, "least tail size"),
    NUMBER("tail-max", tail_max_bytes, "BYTES", 5 << 20, 1, BYTES_MAX, true, "largest tail size"),
    NUMBER("threads", threads, "N", 1, 1, TEAM_MEMBERS_MAX, false, "threads"),
    NUMBER("cross", cross, "PERCENT", 0, 0, 100, false, "frees done by the next thread"),
    NUMBER("burst", burst, "N", 1, 1, 1 << 16, false, "blocks freed, then blocks made, in a row"),
    NUMBER("seed", seed, "N", 1, 0, UINT64_MAX, false, "of sizes, slots and cross-thread frees"),
    NUMBER("ops", ops, "N", 2000000, 2, UINT64_C(1) << 40, false,
           "mallocs and frees, of all threads together"),
};
enum { NUMBERS = sizeof numbers / sizeof numbers[0] };

static uint64_t *field_of(options_t *options, const number_option_t *number) {
    return (uint64_t *)((char *)options + number->offset);
}

static error_t parse_number(int key, const char *text, options_t *options) {
    const number_option_t *number = &numbers[key - KEY_FIRST];
    bool (*parse)(const char *, uint64_t, uint64_t, uint64_t *) =
        number->bytes ? number_parse_bytes : number_parse;
    if (!parse(text, number->least, number->most, field_of(options, number))) {
        die_usage("--%s=%s: not a number from %llu to %llu", number->name, text,
                  (unsigned long long)number->least, (unsigned long long)number->most);
    }
    return 0;
}

static error_t parse_option(int key, char *text, struct argp_state *state) {
    options_t *options = state->input;
    if (key >= KEY_FIRST && key < KEY_FIRST + NUMBERS)
        return parse_number(key, text, options);
    switch (key) {
    case KEY_TOUCH:
        if (!touch_parse(text, &options->touch))
            die_usage("--touch=%s: not one of first, page, whole", text);
        return 0;
    case KEY_LATENCY:
        options->latency = true;
        return 0;
    case KEY_RESULT:
        options->result = text;
        return 0;
    case ARGP_KEY_ARG:
        die_usage("%s: no arguments are taken (see --help)", text);
    default:
        return ARGP_ERR_UNKNOWN;
    }
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

static void parse_options(int argc, char **argv, options_t *options) {
    /* argp wants one table; the numeric part of it is made from `numbers`, with the defaults. */
    static struct argp_option table[NUMBERS + 4];
    for (int i = 0; i < NUMBERS; i++) {
        table[i] = (struct argp_option){
            numbers[i].name, KEY_FIRST + i, numbers[i].argument, 0, numbers[i].help, 0};
        *field_of(options, &numbers[i]) = numbers[i].fallback;
    }
    table[NUMBERS] =
        (struct argp_option){"touch", KEY_TOUCH, "first|page|whole", 0, "what is written", 0};
    table[NUMBERS + 1] =
        (struct argp_option){"latency", KEY_LATENCY, NULL, 0, "time each operation", 0};
    table[NUMBERS + 2] = (struct argp_option){
        "result", KEY_RESULT, "FILE", 0, "write the sample as JSON (default: a summary)", 0};
    static const struct argp argp = {
        table, parse_option, NULL, "Random replacement of a live set, around 33 KB.",
        NULL,  NULL,         NULL};
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, options);
    check_options(options);
}

int main(int argc, char **argv) {
    static mid33_t mid33;
    parse_options(argc, argv, &mid33.options);
    prepare(&mid33);
    static sample_t sample;
    describe(&mid33.options, &sample);
    if (mid33.options.latency)
        sample.clock = clock_calibrate();
    team_job_t job = {.context = &mid33, .fill = fill, .run = run, .drain = drain};
    team_measure(&job, (unsigned)mid33.options.threads, &sample);
    collect(&mid33, &sample);
    sample_report(&sample, mid33.options.result);
    return 0;
}
