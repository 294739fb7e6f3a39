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
#include "common/draw.h"
#include "common/generator.h"

enum { RUNS = 1 << 12, ALIGN_LOG_MIN = 6, ALIGN_LOG_MAX = 12 };
enum { BYTES_MOST = 64 << 20, CALLOC_CHECK_EVERY = 16 };

enum pattern { PATTERN_LIFO, PATTERN_FIFO, PATTERN_RANDOM };
enum sizes { SIZES_UNIFORM, SIZES_LOG, SIZES_PARETO };
typedef enum call { CALL_MALLOC, CALL_CALLOC, CALL_ALIGNED } call_t;

static struct {
    uint64_t live, ops, min_bytes, max_bytes, alpha_percent;
    unsigned pattern, sizes, call;
} options;

typedef struct step {
    uint32_t slot;
    uint32_t bytes : 27;
    uint32_t align_log : 5;
} step_t;

typedef struct state {
    worker_t worker;
    block_t *slots;
    step_t *stream;
    uint32_t *runs; /* of a stack; RUNS of them */
    uint32_t slot_count, stream_steps, at, shift;
    uint64_t steps;
} state_t;

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
static inline void check_new(const state_t *state, const block_t *block, step_t step,
                             touch_t touch) {
    const char *start = block->start;
    uint32_t end = step.bytes - 1;
    if (options.call == CALL_ALIGNED &&
        ((uintptr_t)start & (((uintptr_t)1 << step.align_log) - 1)) != 0)
        die("%p is not aligned to %u bytes", (const void *)start, 1u << step.align_log);
    if (options.call != CALL_CALLOC || state->worker.ledger->mallocs % CALLOC_CHECK_EVERY != 0 ||
        start == NULL)
        return;
    if (start[0] != 0 || (touch != TOUCH_FIRST && (start[end / 2] != 0 || start[end] != 0)))
        die("the block of %u bytes at %p from calloc is not zero", block->bytes,
            (const void *)start);
}

static inline __attribute__((always_inline)) void make(state_t *state, uint32_t slot, step_t step,
                                                       touch_t touch, bool latency) {
    static const latency_kind_t kinds[] = {LATENCY_MALLOC, LATENCY_CALLOC, LATENCY_ALIGNED};
    call_t call = options.call;
    block_t *block = &state->slots[slot];
    *block = (block_t){.bytes = step.bytes, .stamp = slot};
    if (latency) {
        uint64_t before = clock_ticks();
        block->start = call_for(call, step);
        latency_add(state->worker.ledger->latency, kinds[call], step.bytes, clock_ticks() - before);
    } else {
        block->start = call_for(call, step);
    }
    if (call != CALL_MALLOC)
        check_new(state, block, step, touch);
    ledger_enter(state->worker.ledger, block, touch);
}

static inline step_t next_step(state_t *state) {
    step_t step = state->stream[state->at];
    if (++state->at == state->stream_steps) {
        state->at = 0;
        state->shift = (state->shift + GENERATOR_STREAM_MAX / 2 + 1) % state->slot_count;
    }
    return step;
}

static inline __attribute__((always_inline)) void replace_random(state_t *state, touch_t touch,
                                                                 bool latency) {
    for (uint64_t left = state->steps; left > 0; left--) {
        step_t step = next_step(state);
        uint32_t slot = step.slot + state->shift;
        if (slot >= state->slot_count)
            slot -= state->slot_count;
        ledger_drop(state->worker.ledger, state->slots[slot], latency);
        make(state, slot, step, touch, latency);
        if (left % LEDGER_PEAK_EVERY == 0)
            ledger_note_peak(state->worker.ledger);
    }
}

static inline __attribute__((always_inline)) void replace_oldest(state_t *state, touch_t touch,
                                                                 bool latency) {
    uint32_t oldest = 0;
    for (uint64_t left = state->steps; left > 0; left--) {
        ledger_drop(state->worker.ledger, state->slots[oldest], latency);
        make(state, oldest, next_step(state), touch, latency);
        if (++oldest == state->slot_count)
            oldest = 0;
        if (left % LEDGER_PEAK_EVERY == 0)
            ledger_note_peak(state->worker.ledger);
    }
}

static uint64_t least_of(uint64_t a, uint64_t b, uint64_t c) {
    uint64_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* The run ends as it began, with the stack at its greatest depth: so what can still be freed is
 * half of what is left beyond filling it again. */
static inline __attribute__((always_inline)) void call_and_return(state_t *state, touch_t touch,
                                                                  bool latency) {
    uint32_t depth = state->slot_count;
    uint64_t left = 2 * state->steps; /* a step is a free and a malloc */
    for (uint32_t at = 0; left > 0; at = (at + 2) % RUNS) {
        uint64_t spare = (left - (state->slot_count - depth)) / 2;
        uint64_t returns = least_of(state->runs[at], depth, spare);
        left -= returns;
        for (; returns > 0; returns--) {
            depth--;
            ledger_drop(state->worker.ledger, state->slots[depth], latency);
        }
        uint64_t calls = least_of(state->runs[at + 1], state->slot_count - depth, left);
        left -= calls;
        for (; calls > 0; calls--)
            make(state, depth++, next_step(state), touch, latency);
        ledger_note_peak(state->worker.ledger);
    }
}

static void run(void *worker) {
    state_t *state = worker;
    touch_t touch = generator_options.touch;
    bool latency = generator_options.latency;
    if (options.pattern == PATTERN_LIFO)
        LEDGER_SPECIALIZE(call_and_return, state, touch, latency);
    else if (options.pattern == PATTERN_FIFO)
        LEDGER_SPECIALIZE(replace_oldest, state, touch, latency);
    else
        LEDGER_SPECIALIZE(replace_random, state, touch, latency);
}

static uint32_t draw_bytes(rng_t *rng) {
    uint64_t least = options.min_bytes, most = options.max_bytes;
    switch (options.sizes) {
    case SIZES_UNIFORM:
        return draw_uniform(rng, least, most);
    case SIZES_LOG:
        return draw_log_uniform(rng, least, most);
    default:
        return draw_pareto(rng, least, most, (double)options.alpha_percent / 100);
    }
}

static step_t draw_step(uint32_t slot_count, rng_t *rng) {
    step_t step = {.slot = (uint32_t)rng_below(rng, slot_count)};
    uint32_t bytes = draw_bytes(rng);
    if (options.call == CALL_ALIGNED) {
        bytes += (bytes & (bytes - 1)) == 0;
        step.align_log = draw_uniform(rng, ALIGN_LOG_MIN, ALIGN_LOG_MAX) & 31;
    }
    step.bytes = bytes & ((1u << 27) - 1);
    return step;
}

/* One block for each slot. */
static void fill(void *worker) {
    state_t *state = worker;
    rng_t rng = worker_fill_rng(worker);
    for (uint32_t slot = 0; slot < state->slot_count; slot++)
        make(state, slot, draw_step(state->slot_count, &rng), generator_options.touch, false);
}

static void drain(void *worker) {
    state_t *state = worker;
    ledger_release_all(state->worker.ledger, state->slots, state->slot_count);
}

static void prepare(void *worker) {
    state_t *state = worker;
    rng_t *rng = &state->worker.rng;
    state->slot_count = worker_share(worker, options.live);
    state->steps = options.ops / 2 / generator_options.threads;
    state->stream_steps = (uint32_t)least_of(state->steps, GENERATOR_STREAM_MAX, UINT32_MAX);
    state->slots = arena_alloc(state->slot_count, sizeof *state->slots);
    state->stream = arena_alloc(state->stream_steps, sizeof *state->stream);
    state->runs = arena_alloc(RUNS, sizeof *state->runs);
    for (uint32_t i = 0; i < state->stream_steps; i++)
        state->stream[i] = draw_step(state->slot_count, rng);
    draw_table(rng, state->runs, RUNS, 1, state->slot_count);
}

static void begin(void) {
    if (options.min_bytes > options.max_bytes)
        die_usage("--min exceeds --max");
    if (options.live < generator_options.threads)
        die_usage("--live must be at least --threads");
    if (options.ops / 2 < generator_options.threads)
        die_usage("--ops must be at least 2 times --threads");
}

int main(int argc, char **argv) {
    static const char *const patterns[] = {"lifo", "fifo", "random", NULL};
    static const char *const sizes[] = {"uniform", "log", "pareto", NULL};
    static const char *const calls[] = {"malloc", "calloc", "aligned", NULL};
    static const cli_number_t numbers[] = {
        {"live", "N", "live blocks, of all threads together", &options.live, 10000, 1, 100000000,
         false},
        {"min", "BYTES", "least size", &options.min_bytes, 8, 1, BYTES_MOST, true},
        {"max", "BYTES", "largest size", &options.max_bytes, 1024, 1, BYTES_MOST, true},
        {"alpha", "PERCENT", "of the Pareto sizes: the less, the more large ones",
         &options.alpha_percent, 120, 1, 10000, false},
        GENERATOR_THREADS("threads", 1, 1, TEAM_MEMBERS_MAX),
        GENERATOR_SEED("of sizes, slots and runs"),
        GENERATOR_OPS("operations, of all threads together", options.ops, 2000000, 2),
    };
    static const cli_choice_t choices[] = {
        {"pattern", "which block is freed", patterns, &options.pattern, PATTERN_RANDOM},
        {"sizes", "their distribution", sizes, &options.sizes, SIZES_LOG},
        {"call", "how blocks are made", calls, &options.call, CALL_MALLOC},
    };
    static const generator_t generator = {
        .name = "blocks",
        .about = "Blocks freed as a stack, as a queue, or in random order.",
        GENERATOR_NUMBERS(numbers),
        GENERATOR_CHOICES(choices),
        .touch = TOUCH_WHOLE,
        GENERATOR_PARTS,
        .begin = begin,
        .fill = fill};
    return generator_main(&generator, argc, argv);
}
