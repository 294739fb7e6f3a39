/*
 * server.c - a generated workload: a server whose threads come and go.
 *
 * The pattern is that of Larson & Krishnan ("Memory allocation for long-running server
 * applications", ISMM 1998): each of N chains of threads has an array of blocks, its open sessions
 * as it were. A thread replaces blocks at random slots of the array, one after the other; after
 * --rounds of them it hands the array to a successor, which is created then, and ends. So a thread
 * frees what its predecessors have made, most of them no longer there, and what an allocator keeps
 * per thread has to be made and torn down again and again.
 *
 * Threads are started inside the timed part: that is the pattern. A life of 100,000 rounds takes
 * two to three milliseconds, a thread that does nothing 20 to 60 microseconds under most
 * allocators; how many there were is in the sample (`starts`). Each thread of the team supervises a
 * chain: it makes the first array, so the first life too frees blocks of another thread, and then
 * only starts and joins.
 *
 * Slots and sizes are drawn before the clock starts, and the stream goes on from life to life. The
 * stacks are the driver's, resident from the start. The work and the checksum depend on the
 * parameters and the seed alone.
 */
#include "common/arena.h"
#include "common/draw.h"
#include "common/generator.h"

#include <errno.h>
#include <pthread.h>

enum { STACK_BYTES = 256 * 1024 };
enum sizes { SIZES_LOG, SIZES_UNIFORM };

static struct {
    uint64_t live, rounds, ops;
    unsigned distribution;
    draw_range_t sizes;
} options;

typedef struct step {
    uint32_t slot, bytes;
} step_t;

/* A chain, used by one thread at a time: creating and joining it orders the accesses. */
typedef struct state {
    worker_t worker;
    block_t *slots;
    step_t *stream;
    uint32_t stream_steps, at;
    char *stack;
} state_t;

/* One life. */
static inline __attribute__((always_inline)) void replace(state_t *state, touch_t touch,
                                                          bool latency) {
    ledger_t *ledger = state->worker.ledger;
    const step_t *stream = state->stream;
    uint32_t at = state->at;
    for (uint64_t left = options.rounds; left > 0; left--) {
        step_t step = stream[at];
        block_t *block = &state->slots[step.slot];
        ledger_release(ledger, *block, latency);
        *block = ledger_obtain(ledger, step.bytes, step.slot, touch, latency);
        if (left % LEDGER_PEAK_EVERY == 0)
            ledger_note_peak(ledger);
        if (++at == state->stream_steps)
            at = 0;
    }
    state->at = at;
}
GENERATOR_RUN(state_t, replace);

static void *live(void *worker) {
    run(worker);
    return NULL;
}

static uint64_t lives_of_chain(void) {
    return options.ops / 2 / generator_options.threads / options.rounds;
}

static void supervise(void *worker) {
    const state_t *state = worker;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, state->stack, STACK_BYTES);
    for (uint64_t i = 0, lives = lives_of_chain(); i < lives; i++) {
        pthread_t thread;
        errno = pthread_create(&thread, &attributes, live, worker);
        if (errno != 0)
            die_errno("cannot start thread %llu of chain %u", (unsigned long long)i,
                      state->worker.number);
        pthread_join(thread, NULL);
    }
    pthread_attr_destroy(&attributes);
}

static uint32_t draw_bytes(rng_t *rng) {
    return options.distribution == SIZES_UNIFORM
               ? draw_uniform(rng, options.sizes.least, options.sizes.most)
               : draw_of_range(rng, &options.sizes);
}

/* One block for each slot. */
static void fill(void *worker) {
    state_t *state = worker;
    rng_t rng = worker_fill_rng(worker);
    for (uint32_t slot = 0; slot < options.live; slot++) {
        state->slots[slot] = ledger_obtain(state->worker.ledger, draw_bytes(&rng), slot,
                                           generator_options.touch, false);
    }
}

static void drain(void *worker) {
    state_t *state = worker;
    ledger_release_all(state->worker.ledger, state->slots, (uint32_t)options.live);
}

static void prepare(void *worker) {
    state_t *state = worker;
    rng_t *rng = &state->worker.rng;
    uint64_t steps = lives_of_chain() * options.rounds;
    state->stream_steps = (uint32_t)(steps < GENERATOR_STREAM_MAX ? steps : GENERATOR_STREAM_MAX);
    state->slots = arena_alloc(options.live, sizeof *state->slots);
    state->stream = arena_alloc(state->stream_steps, sizeof *state->stream);
    state->stack = arena_alloc(1, STACK_BYTES);
    for (uint32_t i = 0; i < state->stream_steps; i++) {
        state->stream[i].slot = (uint32_t)rng_below(rng, options.live);
        state->stream[i].bytes = draw_bytes(rng);
    }
}

static void begin(void) {
    draw_range_check(&options.sizes);
    if (lives_of_chain() == 0)
        die_usage("--ops must be at least 2 times --threads times --rounds");
}

static void describe(sample_t *sample) {
    sample_param_number(sample, "starts", lives_of_chain() * generator_options.threads);
}

int main(int argc, char **argv) {
    static const char *const sizes[] = {"log", "uniform", NULL};
    static const cli_number_t numbers[] = {
        {"live", "N", "blocks in the array of each chain", &options.live, 5000, 1, 100000000,
         false},
        GENERATOR_THREADS("chains of threads", 1, 1, TEAM_MEMBERS_MAX),
        {"rounds", "N", "blocks that a thread replaces before it ends", &options.rounds, 100000, 1,
         GENERATOR_OPS_MAX, false},
        GENERATOR_LEAST(options.sizes, 16),
        {"max", "BYTES", "largest size", &options.sizes.most, 1024, 1, CLI_BYTES_MAX, true},
        GENERATOR_SEED("of sizes and slots"),
        GENERATOR_OPS("mallocs and frees, of all threads together; whole lives only", options.ops,
                      4000000, 2),
    };
    static const cli_choice_t choices[] = {
        {"sizes", "their distribution", sizes, &options.distribution, SIZES_LOG}};
    static const generator_t generator = {
        .name = "server",
        .about = "Threads that come and go hand on an array of blocks.",
        GENERATOR_NUMBERS(numbers),
        GENERATOR_CHOICES(choices),
        .worker_bytes = sizeof(state_t),
        .begin = begin,
        .prepare = prepare,
        .fill = fill,
        .run = supervise,
        .drain = drain,
        .describe = describe};
    return generator_main(&generator, argc, argv);
}
