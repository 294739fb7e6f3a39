/*
 * generator.h - what all generators of threads and blocks have in common, so that a generator is
 * its shape and nothing else.
 *
 * A generator says in a table which options it has beyond those that all take, how large the state
 * of a worker (a thread) is, and what a worker does in each part of the run; generator_main does
 * the rest: the command line, memory for the workers, their ledgers (ledger.h), the threads and
 * readings (team.h), the sample. A worker's state begins with a worker_t. All parts get it:
 *
 *   begin     once, when the options are read: what depends on several of them, what all share
 *   prepare   each worker before anything is measured: tables, streams, from the arena
 *   connect   likewise, when all workers are prepared: what it needs of others
 *   fill      builds the live set; its end is noted as a peak
 *   run       the timed part, as a rule by GENERATOR_RUN
 *   drain     frees everything
 *
 * and once, when all is done, `conclude` may add to the sample what else was found out.
 *
 * Seeds are as they are for all: a worker's `rng` is of --seed plus its number, and what the live
 * set is drawn from is another (worker_fill_rng).
 */
#ifndef WORKLOADS_GENERATOR_H
#define WORKLOADS_GENERATOR_H

#include "common/cli.h"
#include "common/ledger.h"
#include "common/rng.h"
#include "common/team.h"

#include <stddef.h>

enum { GENERATOR_STREAM_MAX = 1 << 20 }; /* steps drawn in advance: then they come again */
#define GENERATOR_OPS_MAX (UINT64_C(1) << 40)

/* The options that all take. */
typedef struct generator_options {
    uint64_t threads, seed;
    touch_t touch;
    bool latency;
    const char *result;
} generator_options_t;
extern generator_options_t generator_options;

typedef struct worker {
    ledger_t *ledger;
    rng_t rng;
    unsigned number;
} worker_t;

typedef void worker_part_t(void *worker);

typedef struct generator {
    const char *name, *about;
    const cli_number_t *numbers;
    unsigned number_count;
    const cli_choice_t *choices;
    unsigned choice_count;
    touch_t touch; /* by default */
    size_t worker_bytes;
    void (*begin)(void); /* any of these may be NULL, but for run and drain */
    worker_part_t *prepare, *connect, *fill, *run, *drain;
    const uint64_t *rest_ms;            /* before the steady reading; NULL: none */
    bool repeats;                       /* a run leaves what it found: it can be done in turns */
    void (*describe)(sample_t *sample); /* parameters that are no options; NULL: none */
    void (*conclude)(sample_t *sample); /* what else was found out; NULL: nothing */
} generator_t;

int generator_main(const generator_t *generator, int argc, char **argv);

/* Its state; after they were made. */
void *generator_worker(unsigned number);

/* A fair share of `count` things, and of `bytes`. */
uint32_t worker_share(const worker_t *worker, uint64_t count);
rng_t worker_fill_rng(const worker_t *worker);

/* The tables of the generator, and rows that many have in common. */
#define GENERATOR_NUMBERS(table)                                                                   \
    .numbers = (table), .number_count = sizeof(table) / sizeof((table)[0])
#define GENERATOR_CHOICES(table)                                                                   \
    .choices = (table), .choice_count = sizeof(table) / sizeof((table)[0])
#define GENERATOR_THREADS(help, fallback, least, most)                                             \
    { "threads", "N", help, &generator_options.threads, fallback, least, most, false }
#define GENERATOR_SEED(help)                                                                       \
    { "seed", "N", help, &generator_options.seed, 1, 0, UINT64_MAX, false }
#define GENERATOR_LEAST(range, fallback)                                                           \
    { "min", "BYTES", "least size", &(range).least, fallback, 1, CLI_BYTES_MAX, true }
#define GENERATOR_MOST(range, fallback)                                                            \
    {                                                                                              \
        "max", "BYTES", "largest size; log-uniform between", &(range).most, fallback, 1,           \
            CLI_BYTES_MAX, true                                                                    \
    }
#define GENERATOR_OPS(help, ops, fallback, least)                                                  \
    { "ops", "N", help, &(ops), fallback, least, GENERATOR_OPS_MAX, false }

/* The parts that all have, by the names that they all give them; `state_t` is the state. */
#define GENERATOR_PARTS                                                                            \
    .worker_bytes = sizeof(state_t), .prepare = prepare, .run = run, .drain = drain

/* Makes `run` of an always_inline loop(state, touch, latency): once for each kind of run. */
#define GENERATOR_RUN(state_t, loop)                                                               \
    static void run(void *worker) {                                                                \
        state_t *state = worker;                                                                   \
        LEDGER_SPECIALIZE(loop, state, generator_options.touch, generator_options.latency);        \
    }                                                                                              \
    _Static_assert(offsetof(state_t, worker) == 0, "a state begins with a worker_t")

#endif
