/*
 * waves.c - a generated workload: waves of short-lived threads that leave blocks to one another.
 *
 * So it is where work is done by a thread per task: a build, a query, a request. In a wave a thread
 * starts in each of --threads places; the next wave begins when all have ended. A thread works in
 * --live slots, of which most are empty when it starts: in each of --rounds it picks a slot at
 * random, frees the block that is there, if there is one, and makes a new one. Most blocks are
 * small, --large percent of them large. So memory grows and shrinks with each wave, and what an
 * allocator keeps per thread is made and torn down over and over.
 *
 * A thread's blocks go three ways:
 *
 *   --swap percent of the new ones it exchanges at once, by an atomic exchange, for a block in an
 *          array that all share; that one, as a rule another thread's, is freed in its place
 *   --keep percent of the slots are left full when it ends: its successor frees these blocks, or
 *          one of the next
 *   all others it frees itself, when their turn comes, or when it ends
 *
 * The array and the slots that are kept are full when the clock starts and when it stops: those
 * blocks are the live set. Which block one gets by a swap depends on time, but not what is done
 * next. So the work and the checksum depend on the parameters and the seed alone, while requested
 * bytes vary a little.
 *
 * Each thread of the team supervises a place: it starts and joins that place's threads. The stacks
 * are the driver's, and slots, sizes and swaps are drawn before the clock starts. Threads are
 * started in the timed part: that is the pattern. How many there were is in the sample (`starts`).
 */
#include "common/arena.h"
#include "common/draw.h"
#include "common/generator.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

enum { STACK_BYTES = 256 * 1024, SHARED_MAX = 1 << 20, THREADS_MAX = 256 };

static struct {
    uint64_t live, rounds, ops, shared;
    uint64_t swap, keep, large; /* percent */
    draw_range_t sizes, large_sizes;
} options;

typedef struct step {
    uint32_t slot;
    uint32_t bytes;
    uint32_t place; /* in the shared array; SHARED_MAX: no swap */
} step_t;

/* What is exchanged: a thread always has one to put its block into. */
typedef struct parcel {
    _Alignas(LEDGER_LINE_BYTES) block_t block;
} parcel_t;

/* A place, used by one thread at a time: creating and joining it orders the accesses. */
typedef struct state {
    _Alignas(LEDGER_LINE_BYTES) worker_t worker;
    block_t *slots; /* those that are kept come first */
    step_t *stream;
    uint32_t stream_steps, at;
    parcel_t *spare;
    char *stack;
} state_t;

static _Atomic(parcel_t *) *shared;
static pthread_barrier_t wave_ends;

static uint64_t waves(void) {
    return options.ops / 2 / generator_options.threads / options.rounds;
}

static uint32_t kept_slots(void) {
    return (uint32_t)(options.live * options.keep / 100);
}

/* Acquire and release: with a parcel comes what its sender wrote into it, and into its block. */
static inline void swap(state_t *state, block_t *block, uint32_t place) {
    state->spare->block = *block;
    state->spare = atomic_exchange_explicit(&shared[place], state->spare, memory_order_acq_rel);
    *block = state->spare->block;
}

/* Frees what is in slots [from, live). */
static inline void clear_slots(state_t *state, uint32_t from, bool latency) {
    for (uint32_t slot = from; slot < options.live; slot++) {
        ledger_release(state->worker.ledger, state->slots[slot], latency);
        state->slots[slot].start = NULL;
    }
}

/* One life. */
static inline __attribute__((always_inline)) void replace(state_t *state, touch_t touch,
                                                          bool latency) {
    ledger_t *ledger = state->worker.ledger;
    uint32_t at = state->at;
    for (uint64_t left = options.rounds; left > 0; left--) {
        const step_t *step = &state->stream[at];
        block_t *block = &state->slots[step->slot];
        ledger_release(ledger, *block, latency);
        *block = ledger_obtain(ledger, step->bytes, step->slot, touch, latency);
        if (step->place != SHARED_MAX)
            swap(state, block, step->place);
        if (left % LEDGER_PEAK_EVERY == 0)
            ledger_note_peak(ledger);
        if (++at == state->stream_steps)
            at = 0;
    }
    state->at = at;
    clear_slots(state, kept_slots(), latency);
}
GENERATOR_RUN(state_t, replace);

static void *live(void *worker) {
    run(worker);
    return NULL;
}

/* Each run begins with the same step: then it can be done in turns. */
static void supervise(void *worker) {
    state_t *state = worker;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, state->stack, STACK_BYTES);
    state->at = 0;
    for (uint64_t i = 0; i < waves(); i++) {
        pthread_t thread;
        errno = pthread_create(&thread, &attributes, live, worker);
        if (errno != 0)
            die_errno("cannot start thread %u of wave %llu", state->worker.number,
                      (unsigned long long)i);
        pthread_join(thread, NULL);
        pthread_barrier_wait(&wave_ends);
    }
    pthread_attr_destroy(&attributes);
}

static uint32_t draw_bytes(rng_t *rng) {
    return draw_of_range(rng, rng_below(rng, 100) < options.large ? &options.large_sizes
                                                                  : &options.sizes);
}

/* Of its part of the shared array, and of the slots that are kept. */
static void fill(void *worker) {
    state_t *state = worker;
    rng_t rng = worker_fill_rng(worker);
    ledger_t *ledger = state->worker.ledger;
    for (uint64_t i = state->worker.number; i < options.shared; i += generator_options.threads) {
        parcel_t *parcel = atomic_load_explicit(&shared[i], memory_order_relaxed);
        parcel->block =
            ledger_obtain(ledger, draw_bytes(&rng), (uint32_t)i, generator_options.touch, false);
    }
    for (uint32_t slot = 0; slot < kept_slots(); slot++) {
        state->slots[slot] =
            ledger_obtain(ledger, draw_bytes(&rng), slot, generator_options.touch, false);
    }
}

static void drain(void *worker) {
    state_t *state = worker;
    for (uint64_t i = state->worker.number; i < options.shared; i += generator_options.threads) {
        const parcel_t *parcel = atomic_load_explicit(&shared[i], memory_order_relaxed);
        ledger_release(state->worker.ledger, parcel->block, false);
    }
    clear_slots(state, 0, false);
}

static void prepare(void *worker) {
    state_t *state = worker;
    rng_t *rng = &state->worker.rng;
    uint64_t steps = waves() * options.rounds;
    state->stream_steps = (uint32_t)(steps < GENERATOR_STREAM_MAX ? steps : GENERATOR_STREAM_MAX);
    state->slots = arena_alloc(options.live, sizeof *state->slots);
    state->stream = arena_alloc(state->stream_steps, sizeof *state->stream);
    state->spare = arena_alloc(1, sizeof *state->spare);
    state->stack = arena_alloc(1, STACK_BYTES);
    for (uint32_t i = 0; i < state->stream_steps; i++) {
        step_t *step = &state->stream[i];
        step->slot = (uint32_t)rng_below(rng, options.live);
        step->bytes = draw_bytes(rng);
        step->place = SHARED_MAX;
        if (rng_below(rng, 100) < options.swap)
            step->place = (uint32_t)rng_below(rng, options.shared);
    }
}

static void begin(void) {
    draw_range_check(&options.sizes);
    if (options.large_sizes.least > options.large_sizes.most)
        die_usage("--large-min exceeds --large-max");
    if (waves() == 0)
        die_usage("--ops must be at least 2 times --threads times --rounds");
    parcel_t *parcels = arena_alloc(options.shared, sizeof *parcels);
    shared = arena_alloc(options.shared, sizeof *shared);
    for (uint64_t i = 0; i < options.shared; i++)
        atomic_init(&shared[i], &parcels[i]);
    pthread_barrier_init(&wave_ends, NULL, (unsigned)generator_options.threads);
}

static void describe(sample_t *sample) {
    sample_param_number(sample, "starts", waves() * generator_options.threads);
}

int main(int argc, char **argv) {
    static const cli_number_t numbers[] = {
        {"live", "N", "slots of a thread", &options.live, 2000, 1, 100000000, false},
        GENERATOR_THREADS("threads of a wave", 2, 1, THREADS_MAX),
        {"rounds", "N", "blocks that a thread makes before it ends", &options.rounds, 5000, 1,
         GENERATOR_OPS_MAX, false},
        {"swap", "PERCENT", "new blocks exchanged for one in the shared array", &options.swap, 20,
         0, 100, false},
        {"shared", "N", "blocks in the shared array", &options.shared, 1000, 1, SHARED_MAX, false},
        {"keep", "PERCENT", "slots left full for the next wave", &options.keep, 10, 0, 100, false},
        {"large", "PERCENT", "large blocks among the new ones", &options.large, 1, 0, 100, false},
        GENERATOR_LEAST(options.sizes, 16),
        GENERATOR_MOST(options.sizes, 1024),
        {"large-min", "BYTES", "least size of these", &options.large_sizes.least, 4096, 1,
         CLI_BYTES_MAX, true},
        {"large-max", "BYTES", "largest; log-uniform between", &options.large_sizes.most, 65536, 1,
         CLI_BYTES_MAX, true},
        GENERATOR_SEED("of sizes, slots and swaps"),
        GENERATOR_OPS("mallocs and frees, of all threads together; whole waves only", options.ops,
                      4000000, 2),
    };
    static const generator_t generator = {
        .name = "waves",
        .about = "Waves of short-lived threads that leave blocks to one another.",
        GENERATOR_NUMBERS(numbers),
        .worker_bytes = sizeof(state_t),
        .begin = begin,
        .prepare = prepare,
        .fill = fill,
        .run = supervise,
        .drain = drain,
        .repeats = true,
        .describe = describe};
    return generator_main(&generator, argc, argv);
}
