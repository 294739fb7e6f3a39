/*
 * generator.c - see generator.h.
 */
#include "common/generator.h"

#include "common/arena.h"

generator_options_t generator_options;

static const generator_t *shape;
static char *workers;
static ledger_t *ledgers;

void *generator_worker(unsigned number) {
    return workers + number * shape->worker_bytes;
}

uint32_t worker_share(const worker_t *worker, uint64_t count) {
    uint64_t threads = generator_options.threads;
    return (uint32_t)(count / threads + (worker->number < count % threads));
}

rng_t worker_fill_rng(const worker_t *worker) {
    rng_t rng;
    rng_seed(&rng, ~(generator_options.seed + worker->number));
    return rng;
}

static void fill(void *context, unsigned member) {
    worker_t *worker = generator_worker(member);
    (void)context;
    shape->fill(worker);
    ledger_note_peak(worker->ledger);
}

static void run(void *context, unsigned member) {
    worker_t *worker = generator_worker(member);
    (void)context;
    ledger_begin_run(worker->ledger);
    shape->run(worker);
    ledger_end_run(worker->ledger);
}

static void drain(void *context, unsigned member) {
    (void)context;
    shape->drain(generator_worker(member));
}

static team_tally_t tally(void *context) {
    (void)context;
    return ledgers_tally(ledgers);
}

static void for_all(worker_part_t *part) {
    for (unsigned i = 0; part != NULL && i < generator_options.threads; i++)
        part(generator_worker(i));
}

static void make_workers(void) {
    unsigned count = (unsigned)generator_options.threads;
    ledgers = ledgers_new(count, generator_options.latency);
    workers = arena_alloc(count, shape->worker_bytes);
    for (unsigned i = 0; i < count; i++) {
        worker_t *worker = generator_worker(i);
        *worker = (worker_t){.ledger = &ledgers[i], .number = i};
        rng_seed(&worker->rng, generator_options.seed + i);
    }
    for_all(shape->prepare);
    for_all(shape->connect);
}

static void measure(sample_t *sample) {
    team_job_t job = {.fill = shape->fill != NULL ? fill : NULL,
                      .run = run,
                      .drain = drain,
                      .tally = shape->repeats ? tally : NULL,
                      .rest_ms = shape->rest_ms != NULL ? (unsigned)*shape->rest_ms : 0};
    if (generator_options.latency)
        sample->clock = clock_calibrate();
    team_measure(&job, (unsigned)generator_options.threads, sample);
    ledgers_collect(ledgers, sample);
}

int generator_main(const generator_t *generator, int argc, char **argv) {
    static sample_t sample;
    const cli_t cli = {.about = generator->about,
                       .numbers = generator->numbers,
                       .number_count = generator->number_count,
                       .choices = generator->choices,
                       .choice_count = generator->choice_count,
                       .touch = &generator_options.touch,
                       .latency = &generator_options.latency,
                       .result = &generator_options.result};
    shape = generator;
    generator_options.threads = 1; /* of one that has no such option */
    generator_options.touch = generator->touch;
    cli_parse(&cli, argc, argv);
    if (generator->begin != NULL)
        generator->begin();
    make_workers();
    sample.workload = generator->name;
    cli_describe(&cli, &sample);
    if (generator->describe != NULL)
        generator->describe(&sample);
    measure(&sample);
    if (generator->conclude != NULL)
        generator->conclude(&sample);
    sample_report(&sample, generator_options.result);
    return 0;
}
