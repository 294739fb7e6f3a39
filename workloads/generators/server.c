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
#include "common/cli.h"
#include "shared/die.h"
#include "common/draw.h"
#include "common/ledger.h"
#include "common/rng.h"
#include "common/team.h"

#include <errno.h>
#include <pthread.h>

enum { STREAM_STEPS_MAX = 1 << 20, STACK_BYTES = 256 * 1024 };

typedef struct options {
    uint64_t live, threads, rounds, ops, seed;
    uint64_t min_bytes, max_bytes;
    touch_t touch;
    bool latency;
    const char *result;
} options_t;

typedef struct step {
    uint32_t slot, bytes;
} step_t;

/* Used by one thread at a time: creating and joining it orders the accesses. */
typedef struct chain {
    const options_t *options;
    ledger_t *ledger;
    block_t *slots;
    step_t *stream;
    uint32_t stream_steps, at;
    uint64_t lives;
    char *stack;
    unsigned number;
} chain_t;

typedef struct server {
    options_t options;
    ledger_t *ledgers;
    chain_t *chains;
} server_t;

/* One life. */
static inline __attribute__((always_inline)) void replace(chain_t *chain, touch_t touch,
                                                          bool latency) {
    ledger_t *ledger = chain->ledger;
    const step_t *stream = chain->stream;
    uint32_t at = chain->at;
    for (uint64_t left = chain->options->rounds; left > 0; left--) {
        step_t step = stream[at];
        block_t *block = &chain->slots[step.slot];
        ledger_release(ledger, *block, latency);
        *block = ledger_obtain(ledger, step.bytes, step.slot, touch, latency);
        if (left % LEDGER_PEAK_EVERY == 0)
            ledger_note_peak(ledger);
        if (++at == chain->stream_steps)
            at = 0;
    }
    chain->at = at;
}

static void *live(void *argument) {
    chain_t *chain = argument;
    LEDGER_SPECIALIZE(replace, chain, chain->options->touch, chain->options->latency);
    return NULL;
}

static void run(void *context, unsigned member) {
    chain_t *chain = &((server_t *)context)->chains[member];
    pthread_attr_t attributes;
    ledger_begin_run(chain->ledger);
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, chain->stack, STACK_BYTES);
    for (uint64_t i = 0; i < chain->lives; i++) {
        pthread_t thread;
        errno = pthread_create(&thread, &attributes, live, chain);
        if (errno != 0)
            die_errno("cannot start thread %llu of chain %u", (unsigned long long)i, member);
        pthread_join(thread, NULL);
    }
    pthread_attr_destroy(&attributes);
    ledger_end_run(chain->ledger);
}

/* One block for each slot, of sizes drawn from a generator of its own. */
static void fill(void *context, unsigned member) {
    const server_t *server = context;
    const options_t *options = &server->options;
    chain_t *chain = &server->chains[member];
    rng_t rng;
    rng_seed(&rng, ~(options->seed + member));
    for (uint32_t slot = 0; slot < options->live; slot++) {
        uint32_t bytes = draw_log_uniform(&rng, options->min_bytes, options->max_bytes);
        chain->slots[slot] = ledger_obtain(chain->ledger, bytes, slot, options->touch, false);
    }
    ledger_note_peak(chain->ledger);
}

static void drain(void *context, unsigned member) {
    const server_t *server = context;
    chain_t *chain = &server->chains[member];
    for (uint32_t slot = 0; slot < server->options.live; slot++)
        ledger_release(chain->ledger, chain->slots[slot], false);
}

static void draw_stream(chain_t *chain) {
    const options_t *options = chain->options;
    rng_t rng;
    rng_seed(&rng, options->seed + chain->number);
    for (uint32_t i = 0; i < chain->stream_steps; i++) {
        chain->stream[i] = (step_t){
            .slot = (uint32_t)rng_below(&rng, options->live),
            .bytes = draw_log_uniform(&rng, options->min_bytes, options->max_bytes),
        };
    }
}

static uint64_t lives_of(const options_t *options) {
    return options->ops / 2 / options->threads / options->rounds;
}

static void prepare(server_t *server) {
    const options_t *options = &server->options;
    uint64_t steps = lives_of(options) * options->rounds;
    server->ledgers = ledgers_new((unsigned)options->threads, options->latency);
    server->chains = arena_alloc(options->threads, sizeof *server->chains);
    for (unsigned i = 0; i < options->threads; i++) {
        chain_t *chain = &server->chains[i];
        *chain = (chain_t){.options = options,
                           .ledger = &server->ledgers[i],
                           .lives = lives_of(options),
                           .number = i};
        chain->stream_steps = (uint32_t)(steps < STREAM_STEPS_MAX ? steps : STREAM_STEPS_MAX);
        chain->slots = arena_alloc(options->live, sizeof *chain->slots);
        chain->stream = arena_alloc(chain->stream_steps, sizeof *chain->stream);
        chain->stack = arena_alloc(1, STACK_BYTES);
        draw_stream(chain);
    }
}

static void check_options(const options_t *options) {
    if (options->min_bytes > options->max_bytes)
        die_usage("--min exceeds --max");
    if (lives_of(options) == 0)
        die_usage("--ops must be at least 2 times --threads times --rounds");
}

static void measure(server_t *server, const cli_t *cli) {
    static sample_t sample;
    const options_t *options = &server->options;
    prepare(server);
    sample.workload = "server";
    cli_describe(cli, &sample);
    sample_param_number(&sample, "starts", lives_of(options) * options->threads);
    if (options->latency)
        sample.clock = clock_calibrate();
    team_job_t job = {.context = server, .fill = fill, .run = run, .drain = drain};
    team_measure(&job, (unsigned)options->threads, &sample);
    ledgers_collect(server->ledgers, &sample);
    sample_report(&sample, options->result);
}

int main(int argc, char **argv) {
    static server_t server;
    options_t *o = &server.options;
    const uint64_t ops_most = UINT64_C(1) << 40, most = CLI_BYTES_MAX;
    const cli_number_t numbers[] = {
        {"live", "N", "blocks in the array of each chain", &o->live, 5000, 1, 100000000, false},
        {"threads", "N", "chains of threads", &o->threads, 1, 1, TEAM_MEMBERS_MAX, false},
        {"rounds", "N", "blocks that a thread replaces before it ends", &o->rounds, 100000, 1,
         ops_most, false},
        {"min", "BYTES", "least size", &o->min_bytes, 16, 1, most, true},
        {"max", "BYTES", "largest size; log-uniform between", &o->max_bytes, 1024, 1, most, true},
        {"seed", "N", "of sizes and slots", &o->seed, 1, 0, UINT64_MAX, false},
        {"ops", "N", "mallocs and frees, of all threads together; whole lives only", &o->ops,
         4000000, 2, ops_most, false},
    };
    const cli_t cli = {.about = "Threads that come and go hand on an array of blocks.",
                       .numbers = numbers,
                       .number_count = sizeof numbers / sizeof numbers[0],
                       .touch = &o->touch,
                       .latency = &o->latency,
                       .result = &o->result};
    cli_parse(&cli, argc, argv);
    check_options(o);
    measure(&server, &cli);
    return 0;
}
