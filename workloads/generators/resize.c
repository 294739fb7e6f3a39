/*
 * resize.c - a generated workload: arrays that grow by realloc.
 *
 * Each of --arrays is appended to in turn, as columns of a table or buffers of connections are:
 * its size grows by a factor (a vector) or by a constant (a text, a log), from --min to a limit of
 * its own, log-uniform in a quarter of --max … --max. Then it is freed, and a new one begins. With
 * one array, it can often grow where it stands; the more take turns, the more stand in each other's
 * way.
 *
 * What is added is written as --touch says, and so is the last byte. After each realloc the first
 * and the last byte of what was there before are looked at: an allocator that copies too little, or
 * from the wrong place, ends the program.
 *
 * At the start the arrays are somewhere on their way. Limits are drawn before the clock starts. An
 * array whose realloc returned NULL is what it was, counts as full, and a new one begins. Threads
 * have nothing to do with each other. The work and the checksum depend on the parameters and the
 * seed alone.
 */
#include "common/arena.h"
#include "common/draw.h"
#include "common/generator.h"

enum { LIMITS = 1 << 12, BYTES_MIN = 2 };

enum growth { GROWTH_FACTOR, GROWTH_CONSTANT };

static struct {
    uint64_t arrays, ops, min_bytes, max_bytes, factor_percent, step_bytes;
    unsigned growth;
} options;

typedef struct array {
    block_t block;
    uint32_t limit_bytes;
} array_t;

typedef struct state {
    worker_t worker;
    array_t *arrays;
    uint32_t *limits; /* LIMITS of them */
    uint32_t array_count, at;
    uint64_t ops;
} state_t;

static char mark_of(const block_t *block) {
    return (char)(block->stamp ^ block->bytes);
}

static void check_array(const block_t *block) {
    block_expect(block, block->start[0] == (char)block->stamp &&
                            block->start[block->bytes - 1] == mark_of(block));
}

static inline uint64_t grown(uint64_t bytes) {
    if (options.growth == GROWTH_CONSTANT)
        return bytes + options.step_bytes;
    uint64_t more = bytes * options.factor_percent / 100;
    return more > bytes ? more : bytes + 1;
}

static inline void begin_array(state_t *state, array_t *array, uint32_t bytes, touch_t touch,
                               bool latency) {
    array->block = ledger_obtain(state->worker.ledger, bytes, array->block.stamp, touch, latency);
    array->limit_bytes = state->limits[state->at];
    state->at = (state->at + 1) % LIMITS;
    if (array->block.start != NULL)
        array->block.start[bytes - 1] = mark_of(&array->block);
}

static inline void append(state_t *state, array_t *array, uint32_t bytes, touch_t touch,
                          bool latency) {
    block_t *block = &array->block, old = *block;
    if (!ledger_resize(state->worker.ledger, block, bytes, touch, latency)) {
        array->limit_bytes = old.bytes;
        return;
    }
    old.start = block->start;
    check_array(&old);
    block->start[bytes - 1] = mark_of(block);
}

/* One turn is one operation, but two where an array is full. */
static inline __attribute__((always_inline)) void append_in_turn(state_t *state, touch_t touch,
                                                                 bool latency) {
    uint32_t turn = 0;
    for (uint64_t left = state->ops; left > 0; left--) {
        array_t *array = &state->arrays[turn];
        uint64_t bytes = grown(array->block.bytes);
        if (array->block.start == NULL) {
            begin_array(state, array, (uint32_t)options.min_bytes, touch, latency);
        } else if (bytes <= array->limit_bytes) {
            append(state, array, (uint32_t)bytes, touch, latency);
        } else {
            ledger_note_peak(state->worker.ledger);
            ledger_drop(state->worker.ledger, array->block, latency);
            array->block.start = NULL;
            continue; /* it is begun in the same turn */
        }
        if (++turn == state->array_count)
            turn = 0;
    }
    ledger_note_peak(state->worker.ledger);
}
GENERATOR_RUN(state_t, append_in_turn);

/* Each array as it is after a random number of turns, but made in one go. */
static void fill(void *worker) {
    state_t *state = worker;
    rng_t rng = worker_fill_rng(worker);
    for (uint32_t i = 0; i < state->array_count; i++) {
        uint32_t most = state->limits[state->at];
        uint32_t bytes = options.growth == GROWTH_FACTOR
                             ? draw_log_uniform(&rng, options.min_bytes, most)
                             : draw_uniform(&rng, options.min_bytes, most);
        state->arrays[i].block.stamp = i;
        begin_array(state, &state->arrays[i], bytes, generator_options.touch, false);
    }
}

static void drain(void *worker) {
    state_t *state = worker;
    for (uint32_t i = 0; i < state->array_count; i++) {
        const block_t *block = &state->arrays[i].block;
        if (block->start != NULL)
            check_array(block);
        ledger_drop(state->worker.ledger, *block, false);
    }
}

static void prepare(void *worker) {
    state_t *state = worker;
    uint64_t quarter = options.max_bytes / 4;
    state->ops = options.ops / generator_options.threads;
    state->array_count = worker_share(worker, options.arrays);
    state->arrays = arena_alloc(state->array_count, sizeof *state->arrays);
    state->limits = arena_alloc(LIMITS, sizeof *state->limits);
    draw_table(&state->worker.rng, state->limits, LIMITS,
               quarter > options.min_bytes ? quarter : options.min_bytes, options.max_bytes);
}

static void begin(void) {
    if (options.min_bytes > options.max_bytes)
        die_usage("--min exceeds --max");
    if (options.arrays < generator_options.threads)
        die_usage("--arrays must be at least --threads");
    if (options.ops < generator_options.threads)
        die_usage("--ops must be at least --threads");
}

int main(int argc, char **argv) {
    static const char *const growths[] = {"factor", "constant", NULL};
    static const cli_number_t numbers[] = {
        {"arrays", "N", "arrays, of all threads together", &options.arrays, 16, 1, 1000000, false},
        {"min", "BYTES", "least size", &options.min_bytes, 16, BYTES_MIN, CLI_BYTES_MAX, true},
        {"max", "BYTES", "largest size", &options.max_bytes, 4 << 20, BYTES_MIN, CLI_BYTES_MAX,
         true},
        {"factor", "PERCENT", "growth by a factor", &options.factor_percent, 150, 101, 10000,
         false},
        {"step", "BYTES", "growth by a constant", &options.step_bytes, 4096, 1, CLI_BYTES_MAX,
         true},
        GENERATOR_THREADS("threads", 1, 1, TEAM_MEMBERS_MAX),
        GENERATOR_SEED("of the limits"),
        GENERATOR_OPS("operations, of all threads together", options.ops, 100000, 1),
    };
    static const cli_choice_t choices[] = {
        {"growth", "by --factor, or by --step", growths, &options.growth, GROWTH_FACTOR},
    };
    static const generator_t generator = {.name = "resize",
                                          .about = "Arrays that grow by realloc, in turn.",
                                          GENERATOR_NUMBERS(numbers),
                                          GENERATOR_CHOICES(choices),
                                          .touch = TOUCH_PAGE,
                                          GENERATOR_PARTS,
                                          .begin = begin,
                                          .fill = fill};
    return generator_main(&generator, argc, argv);
}
