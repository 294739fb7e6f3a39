/*
 * drift.c - a generated workload: random replacement for a long time, in which the sizes slowly
 * change.
 *
 * The live set has --live-bytes. A new block is made, and blocks are freed at random while the live
 * set is larger than that. Sizes are log-uniform in a quarter of … four times a centre, which moves
 * from 64 B to 32 KiB and back, in 64 steps; at each step --turnover percent of the live bytes are
 * replaced. Such a round trip is a cycle, and --cycles of them are the run: so at the end of each
 * cycle, the live set is of the same kind as at the start, and what is resident beyond that has
 * been lost to fragmentation, or is kept.
 *
 * A reading is taken after a tenth of the cycles: memory that still grows from there, with the live
 * set the same, would go on growing.
 *
 *     bin/drift --cycles=5000          # some ten minutes
 *
 * Sizes are drawn before the clock starts, a table for each step; which of them comes and which
 * block goes is drawn on the way, for some nanoseconds: in a long run, no stream comes round again.
 * Threads have nothing to do with each other. The work and the checksum depend on the parameters
 * and the seed alone.
 */
#include "common/bag.h"
#include "common/draw.h"
#include "common/generator.h"

enum { STEPS = 64, SIZES = 1 << 10, WIDTH = 4, CENTRE_MIN = 64, CENTRE_MAX = 32 << 10 };

static struct { uint64_t live_bytes, turnover_percent, cycles; } options;

typedef struct state {
    worker_t worker;
    bag_t bag;
    uint32_t (*sizes)[SIZES]; /* of each step */
    uint32_t made;
} state_t;

static int64_t share_bytes(void) {
    return (int64_t)(options.live_bytes / generator_options.threads);
}

/* Makes that many bytes, and frees what is then too much. */
static inline void replace(state_t *state, const uint32_t *sizes, int64_t bytes, touch_t touch,
                           bool latency) {
    ledger_t *ledger = state->worker.ledger;
    rng_t *rng = &state->worker.rng;
    int64_t most = share_bytes();
    while (bytes > 0) {
        uint32_t size = sizes[rng_next(rng) % SIZES];
        bag_put(&state->bag, ledger_obtain(ledger, size, state->made, touch, latency));
        bytes -= size;
        if (state->made++ % LEDGER_PEAK_EVERY == 0)
            ledger_note_peak(ledger);
        while (ledger_live(ledger) > most)
            ledger_drop(ledger, bag_take(&state->bag, rng), latency);
    }
}

static inline __attribute__((always_inline)) void go_round(state_t *state, touch_t touch,
                                                           bool latency) {
    int64_t bytes = share_bytes() * (int64_t)options.turnover_percent / 100;
    for (uint64_t cycle = 0; cycle < options.cycles; cycle++) {
        if (cycle == (options.cycles + 9) / 10)
            team_note_tenth();
        for (unsigned step = 0; step < STEPS; step++)
            replace(state, state->sizes[step], bytes, touch, latency);
    }
}
GENERATOR_RUN(state_t, go_round);

/* Blocks as of the last step, which is next to the first. */
static void fill(void *worker) {
    state_t *state = worker;
    replace(state, state->sizes[STEPS - 1], share_bytes(), generator_options.touch, false);
}

static void drain(void *worker) {
    state_t *state = worker;
    bag_drain(&state->bag, state->worker.ledger);
}

/* Up in the first half of the steps, down in the second. */
static double centre_of(unsigned step) {
    double way = step < STEPS / 2 ? step : STEPS - 1 - step;
    return CENTRE_MIN * pow((double)CENTRE_MAX / CENTRE_MIN, way / (STEPS / 2 - 1));
}

static uint32_t least_mean(uint32_t (*sizes)[SIZES]) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < SIZES; i++)
        sum += sizes[0][i];
    return (uint32_t)(sum / SIZES);
}

static void prepare(void *worker) {
    state_t *state = worker;
    state->sizes = arena_alloc(STEPS, sizeof *state->sizes);
    for (unsigned step = 0; step < STEPS; step++) {
        uint32_t centre = (uint32_t)centre_of(step);
        draw_table(&state->worker.rng, state->sizes[step], SIZES, centre / WIDTH, centre * WIDTH);
    }
    /* Room for a live set of the least sizes only, and a fifth more, as they are drawn. */
    uint64_t blocks = (uint64_t)share_bytes() * 6 / 5 / least_mean(state->sizes);
    state->bag = bag_new((uint32_t)blocks + SIZES);
}

int main(int argc, char **argv) {
    static const cli_number_t numbers[] = {
        {"live-bytes", "BYTES", "live set, of all threads together", &options.live_bytes, 32 << 20,
         1 << 20, UINT64_C(16) << 30, true},
        {"turnover", "PERCENT", "of the live bytes, replaced in a step", &options.turnover_percent,
         10, 1, 10000, false},
        {"cycles", "N", "round trips of the sizes", &options.cycles, 20, 2, 1000000000, false},
        GENERATOR_THREADS("threads", 1, 1, TEAM_MEMBERS_MAX),
        GENERATOR_SEED("of sizes and order"),
    };
    static const generator_t generator = {
        .name = "drift",
        .about = "Random replacement for a long time, in which the sizes drift.",
        GENERATOR_NUMBERS(numbers),
        .touch = TOUCH_PAGE,
        GENERATOR_PARTS,
        .fill = fill};
    return generator_main(&generator, argc, argv);
}
