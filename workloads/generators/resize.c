/*
 * resize.c - a generated workload: arrays that grow by realloc.
 *
 * Each of --arrays is appended to in turn, as columns of a table or buffers of connections are:
 * its size grows by a factor (a vector) or by a constant (a text, a log), from --min to a limit of
 * its own, log-uniform in a quarter of --max … --max. Then it is freed and begun anew. With one
 * array, it can often grow where it stands; the more take turns, the more stand in each other's
 * way.
 *
 * What is added is written as --touch says, and so is the last byte. After each realloc the first
 * and the last byte of what was there before are looked at: an allocator that copies too little, or
 * from the wrong place, ends the program.
 *
 * At the start the arrays are somewhere on their way. Limits are drawn before the clock starts. An
 * array whose realloc returned NULL is what it was, counts as full, and is begun anew. Threads have
 * nothing to do with each other. The work and the checksum depend on the parameters and the seed
 * alone.
 */
#include "common/arena.h"
#include "common/cli.h"
#include "shared/die.h"
#include "common/draw.h"
#include "common/ledger.h"
#include "common/rng.h"
#include "common/team.h"

enum { LIMITS = 1 << 12, BYTES_MIN = 2 };

typedef enum growth { GROWTH_FACTOR, GROWTH_CONSTANT } growth_t;

typedef struct options {
    uint64_t arrays, threads, ops, seed;
    uint64_t min_bytes, max_bytes, factor_percent, step_bytes;
    unsigned growth;
    touch_t touch;
    bool latency;
    const char *result;
} options_t;

typedef struct array {
    block_t block;
    uint32_t limit_bytes;
} array_t;

typedef struct worker {
    const options_t *options;
    ledger_t *ledger;
    array_t *arrays;
    uint32_t *limits; /* LIMITS of them */
    uint32_t array_count, at;
    uint64_t ops;
    unsigned number;
} worker_t;

typedef struct resize {
    options_t options;
    ledger_t *ledgers;
    worker_t *workers;
} resize_t;

static char mark_of(const block_t *block) {
    return (char)(block->stamp ^ block->bytes);
}

static void check_array(const block_t *block) {
    block_expect(block, block->start[0] == (char)block->stamp &&
                            block->start[block->bytes - 1] == mark_of(block));
}

static inline uint64_t grown(const options_t *options, uint64_t bytes) {
    if (options->growth == GROWTH_CONSTANT)
        return bytes + options->step_bytes;
    uint64_t more = bytes * options->factor_percent / 100;
    return more > bytes ? more : bytes + 1;
}

static inline void begin(worker_t *worker, array_t *array, uint32_t bytes, touch_t touch,
                         bool latency) {
    array->block = ledger_obtain(worker->ledger, bytes, array->block.stamp, touch, latency);
    array->limit_bytes = worker->limits[worker->at];
    worker->at = (worker->at + 1) % LIMITS;
    if (array->block.start != NULL)
        array->block.start[bytes - 1] = mark_of(&array->block);
}

static inline char *longer(ledger_t *ledger, char *start, uint32_t bytes, bool latency) {
    if (!latency)
        return realloc(start, bytes);
    uint64_t before = clock_ticks();
    start = realloc(start, bytes);
    latency_add(ledger->latency, LATENCY_REALLOC, bytes, clock_ticks() - before);
    return start;
}

static inline void append(worker_t *worker, array_t *array, uint32_t bytes, touch_t touch,
                          bool latency) {
    ledger_t *ledger = worker->ledger;
    block_t *block = &array->block;
    uint32_t before = block->bytes;
    char *start = longer(ledger, block->start, bytes, latency);
    ledger->mallocs++;
    if (start == NULL) {
        ledger->null_returns++;
        array->limit_bytes = before;
        return;
    }
    block->start = start;
    check_array(block);
    block->bytes = bytes;
    touch_range(touch, start, before, bytes);
    start[bytes - 1] = mark_of(block);
    ledger->checksum += (bytes ^ ((uint64_t)block->stamp << 32)) * UINT64_C(0x9e3779b97f4a7c15);
    ledger_add_live(ledger, (int64_t)bytes - before);
}

/* One turn is one operation, but two where an array is full. */
static inline __attribute__((always_inline)) void append_in_turn(worker_t *worker, touch_t touch,
                                                                 bool latency) {
    const options_t *options = worker->options;
    uint32_t turn = 0;
    for (uint64_t left = worker->ops; left > 0; left--) {
        array_t *array = &worker->arrays[turn];
        uint64_t bytes = grown(options, array->block.bytes);
        if (array->block.start == NULL) {
            begin(worker, array, (uint32_t)options->min_bytes, touch, latency);
        } else if (bytes <= array->limit_bytes) {
            append(worker, array, (uint32_t)bytes, touch, latency);
        } else {
            ledger_note_peak(worker->ledger);
            ledger_drop(worker->ledger, array->block, latency);
            array->block.start = NULL;
            continue; /* it is begun in the same turn */
        }
        if (++turn == worker->array_count)
            turn = 0;
    }
    ledger_note_peak(worker->ledger);
}

static void run(void *context, unsigned member) {
    worker_t *worker = &((resize_t *)context)->workers[member];
    ledger_begin_run(worker->ledger);
    LEDGER_SPECIALIZE(append_in_turn, worker, worker->options->touch, worker->options->latency);
    ledger_end_run(worker->ledger);
}

/* Each array as it is after a random number of turns, but made in one go. */
static void fill(void *context, unsigned member) {
    worker_t *worker = &((resize_t *)context)->workers[member];
    const options_t *options = worker->options;
    rng_t rng;
    rng_seed(&rng, ~(options->seed + member));
    for (uint32_t i = 0; i < worker->array_count; i++) {
        uint32_t most = worker->limits[worker->at];
        uint32_t bytes = options->growth == GROWTH_FACTOR
                             ? draw_log_uniform(&rng, options->min_bytes, most)
                             : draw_uniform(&rng, options->min_bytes, most);
        worker->arrays[i].block.stamp = i;
        begin(worker, &worker->arrays[i], bytes, options->touch, false);
    }
    ledger_note_peak(worker->ledger);
}

static void drain(void *context, unsigned member) {
    worker_t *worker = &((resize_t *)context)->workers[member];
    for (uint32_t i = 0; i < worker->array_count; i++) {
        const block_t *block = &worker->arrays[i].block;
        if (block->start != NULL)
            check_array(block);
        ledger_drop(worker->ledger, *block, false);
    }
}

static void prepare(resize_t *resize) {
    const options_t *options = &resize->options;
    uint64_t threads = options->threads, quarter = options->max_bytes / 4;
    resize->ledgers = ledgers_new((unsigned)threads, options->latency);
    resize->workers = arena_alloc(threads, sizeof *resize->workers);
    for (unsigned i = 0; i < threads; i++) {
        worker_t *worker = &resize->workers[i];
        rng_t rng;
        rng_seed(&rng, options->seed + i);
        worker->options = options;
        worker->ledger = &resize->ledgers[i];
        worker->number = i;
        worker->ops = options->ops / threads;
        worker->array_count =
            (uint32_t)(options->arrays / threads + (i < options->arrays % threads));
        worker->arrays = arena_alloc(worker->array_count, sizeof *worker->arrays);
        worker->limits = arena_alloc(LIMITS, sizeof *worker->limits);
        for (uint32_t at = 0; at < LIMITS; at++) {
            worker->limits[at] =
                draw_log_uniform(&rng, quarter > options->min_bytes ? quarter : options->min_bytes,
                                 options->max_bytes);
        }
    }
}

static void check_options(const options_t *options) {
    if (options->min_bytes > options->max_bytes)
        die_usage("--min exceeds --max");
    if (options->arrays < options->threads)
        die_usage("--arrays must be at least --threads");
    if (options->ops < options->threads)
        die_usage("--ops must be at least --threads");
}

static void measure(resize_t *resize, const cli_t *cli) {
    static sample_t sample;
    const options_t *options = &resize->options;
    prepare(resize);
    sample.workload = "resize";
    cli_describe(cli, &sample);
    if (options->latency)
        sample.clock = clock_calibrate();
    team_job_t job = {.context = resize, .fill = fill, .run = run, .drain = drain};
    team_measure(&job, (unsigned)options->threads, &sample);
    ledgers_collect(resize->ledgers, &sample);
    sample_report(&sample, options->result);
}

int main(int argc, char **argv) {
    static const char *const growths[] = {"factor", "constant", NULL};
    static resize_t resize = {.options.touch = TOUCH_PAGE};
    options_t *o = &resize.options;
    const uint64_t most = CLI_BYTES_MAX;
    const cli_number_t numbers[] = {
        {"arrays", "N", "arrays, of all threads together", &o->arrays, 16, 1, 1000000, false},
        {"min", "BYTES", "least size", &o->min_bytes, 16, BYTES_MIN, most, true},
        {"max", "BYTES", "largest size", &o->max_bytes, 4 << 20, BYTES_MIN, most, true},
        {"factor", "PERCENT", "growth by a factor", &o->factor_percent, 150, 101, 10000, false},
        {"step", "BYTES", "growth by a constant", &o->step_bytes, 4096, 1, most, true},
        {"threads", "N", "threads", &o->threads, 1, 1, TEAM_MEMBERS_MAX, false},
        {"seed", "N", "of the limits", &o->seed, 1, 0, UINT64_MAX, false},
        {"ops", "N", "operations, of all threads together", &o->ops, 100000, 1, UINT64_C(1) << 40,
         false},
    };
    const cli_choice_t choices[] = {
        {"growth", "by --factor, or by --step", growths, &o->growth, GROWTH_FACTOR},
    };
    const cli_t cli = {.about = "Arrays that grow by realloc, in turn.",
                       .numbers = numbers,
                       .number_count = sizeof numbers / sizeof numbers[0],
                       .choices = choices,
                       .choice_count = sizeof choices / sizeof choices[0],
                       .touch = &o->touch,
                       .latency = &o->latency,
                       .result = &o->result};
    cli_parse(&cli, argc, argv);
    check_options(o);
    measure(&resize, &cli);
    return 0;
}
