/*
 * phases.c - a generated workload: a heap that grows with blocks of one size after it was full of
 * blocks of another.
 *
 * In each phase, blocks of one band of sizes are made until --live-bytes are alive; then all but
 * --keep percent of the blocks are freed, at random (not after the last phase). The bands are
 *
 *   16 … 128 B,  1 … 4 KiB,  128 … 1,024 B,  8 … 64 KiB,  then the first again;  log-uniform
 *
 * What is kept of a phase lies scattered over the memory that the next one needs for blocks of
 * other sizes. An allocator that cannot reuse it grows from phase to phase, though never more is
 * alive than at the end of the first.
 *
 * Sizes are drawn before the clock starts, as many as a band has room for; which block goes is
 * drawn on the way, for two nanoseconds. Threads have nothing to do with each other. The work and
 * the checksum depend on the parameters and the seed alone.
 */
#include "common/bag.h"
#include "common/draw.h"
#include "common/generator.h"

enum { SIZES = 1 << 12, BANDS = 4 };

static const struct {
    uint32_t least_bytes, most_bytes;
} bands[BANDS] = {{16, 128}, {1 << 10, 4 << 10}, {128, 1 << 10}, {8 << 10, 64 << 10}};

static struct { uint64_t live_bytes, keep_percent, phases; } options;

typedef struct state {
    worker_t worker;
    bag_t bag;
    uint32_t (*sizes)[SIZES]; /* of each band */
    uint32_t made;
} state_t;

static inline void grow(state_t *state, const uint32_t *sizes, touch_t touch, bool latency) {
    ledger_t *ledger = state->worker.ledger;
    int64_t full = (int64_t)(options.live_bytes / generator_options.threads);
    int64_t live = ledger_live(ledger);
    for (uint32_t at = 0; live < full; at = (at + 1) % SIZES) {
        bag_put(&state->bag, ledger_obtain(ledger, sizes[at], state->made++, touch, latency));
        live += sizes[at];
    }
    ledger_note_peak(ledger);
}

static inline void shrink(state_t *state, bool latency) {
    bag_t *bag = &state->bag;
    uint32_t kept = (uint32_t)((uint64_t)bag->count * options.keep_percent / 100);
    while (bag->count > kept)
        ledger_drop(state->worker.ledger, bag_take(bag, &state->worker.rng), latency);
}

static inline __attribute__((always_inline)) void go_through(state_t *state, touch_t touch,
                                                             bool latency) {
    for (uint64_t phase = 0; phase < options.phases; phase++) {
        if (phase > 0)
            shrink(state, latency);
        grow(state, state->sizes[phase % BANDS], touch, latency);
    }
}
GENERATOR_RUN(state_t, go_through);

static void drain(void *worker) {
    state_t *state = worker;
    bag_drain(&state->bag, state->worker.ledger);
}

/* Room for a share that is full of blocks of the smallest band. */
static uint32_t most_blocks(const uint32_t *sizes) {
    uint64_t bytes = 0, share = options.live_bytes / generator_options.threads;
    for (unsigned i = 0; i < SIZES; i++)
        bytes += sizes[i];
    return (uint32_t)((share / bytes + 2) * SIZES);
}

static void prepare(void *worker) {
    state_t *state = worker;
    state->sizes = arena_alloc(BANDS, sizeof *state->sizes);
    for (unsigned band = 0; band < BANDS; band++)
        draw_table(&state->worker.rng, state->sizes[band], SIZES, bands[band].least_bytes,
                   bands[band].most_bytes);
    state->bag = bag_new(most_blocks(state->sizes[0]));
}

int main(int argc, char **argv) {
    static const cli_number_t numbers[] = {
        {"live-bytes", "BYTES", "at the end of each phase, of all threads together",
         &options.live_bytes, 64 << 20, 1 << 20, UINT64_C(16) << 30, true},
        {"keep", "PERCENT", "blocks that survive a phase", &options.keep_percent, 10, 0, 99, false},
        {"phases", "N", "phases", &options.phases, 8, 1, 1000000, false},
        GENERATOR_THREADS("threads", 1, 1, TEAM_MEMBERS_MAX),
        GENERATOR_SEED("of sizes and order"),
    };
    static const generator_t generator = {
        .name = "phases",
        .about = "A heap whose blocks change their size from phase to phase.",
        GENERATOR_NUMBERS(numbers),
        .touch = TOUCH_PAGE,
        GENERATOR_PARTS};
    return generator_main(&generator, argc, argv);
}
