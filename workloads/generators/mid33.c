/*
 * mid33.c - a generated workload around 33 KB: random replacement of a live set.
 *
 * Each thread owns its share of the live blocks. A step frees the block in a random slot and puts a
 * new one there; --burst=N frees N slots and then fills them, so that free lists grow and shrink as
 * they do under real programs. Sizes are a mix of three parts:
 *
 *   share33   size33 … size33 + spread33, uniform     (just above 32 KiB, where others round to 40)
 *   small     small-min … small-max, log-uniform
 *   the rest  tail-min … tail-max, log-uniform        (32 KiB … 5 MiB)
 *
 * --cross=P: that share of the frees is done by the next thread. The block travels through a
 * single-producer single-consumer ring of 256 entries. When it is full, because the other thread
 * does not run at the moment, the thread yields until there is room, freeing meanwhile what it is
 * handed itself; and one that is done early stays until its neighbour hands over no more. So the
 * share is what was asked for however busy the machine is, and the work is the same in every run.
 *
 * Slots and sizes are drawn before the clock starts: a step costs the harness a few nanoseconds.
 * The stream depends on the parameters and the seed alone, and so does the checksum. The live set
 * is built before the timed part (common/team.h).
 */
#include "common/arena.h"
#include "common/draw.h"
#include "common/generator.h"
#include "common/ring.h"

enum { RING_ENTRIES = 256 };

static struct {
    uint64_t live, ops, burst;
    uint64_t share33, small, cross; /* percent */
    uint64_t size33_bytes, spread33_bytes;
    draw_range_t small_bytes, tail_bytes;
} options;

typedef struct step {
    uint32_t slot;
    uint32_t bytes : 31;
    uint32_t cross : 1;
} step_t;

typedef struct state {
    _Alignas(LEDGER_LINE_BYTES) worker_t worker;
    int64_t own_peak_bytes;
    block_t *slots;
    step_t *stream;
    uint32_t slot_count, stream_steps;
    uint64_t steps;
    ring_t outbox;
    struct state *neighbour;      /* whose outbox is the inbox */
    _Atomic uint64_t rounds_done; /* of these it hands over no more */
} state_t;

/* The peak of one thread is exact. */
static inline __attribute__((always_inline)) void obtain(state_t *state, step_t step, touch_t touch,
                                                         bool latency) {
    ledger_t *ledger = state->worker.ledger;
    block_t block = {ledger_malloc(ledger, step.bytes, latency), step.bytes, step.slot};
    state->slots[step.slot] = block;
    int64_t live = ledger_enter(ledger, &block, touch);
    if (live > state->own_peak_bytes) {
        state->own_peak_bytes = live;
        ledger_note_peak(ledger);
    }
}

static bool hand_over(ring_t *ring, const block_t *block) {
    if (ring_room(ring) == 0)
        return false;
    *ring_to_put(ring, 0) = *block;
    ring_publish(ring, 1);
    return true;
}

static inline void empty_inbox(state_t *state, bool latency) {
    ring_t *inbox = &state->neighbour->outbox;
    uint32_t filled = ring_filled(inbox);
    for (uint32_t i = 0; i < filled; i++)
        ledger_drop(state->worker.ledger, *ring_to_take(inbox, i), latency);
    ring_free(inbox, filled);
}

static inline void vacate(state_t *state, step_t step, bool latency) {
    block_t *block = &state->slots[step.slot];
    if (!step.cross || block->start == NULL) {
        ledger_drop(state->worker.ledger, *block, latency);
        return;
    }
    empty_inbox(state, latency);
    while (!hand_over(&state->outbox, block)) {
        sched_yield();
        empty_inbox(state, latency);
    }
}

/* Acquire, by way of the flag: with it the last entry is seen too. */
static void serve_neighbour(state_t *state, bool latency) {
    uint64_t rounds = atomic_fetch_add(&state->rounds_done, 1) + 1;
    while (atomic_load(&state->neighbour->rounds_done) < rounds) {
        empty_inbox(state, latency);
        sched_yield();
    }
    empty_inbox(state, latency);
}

static inline __attribute__((always_inline)) void replace(state_t *state, touch_t touch,
                                                          bool latency) {
    const step_t *stream = state->stream;
    uint32_t burst = (uint32_t)options.burst, at = 0;
    uint32_t to_peak = LEDGER_PEAK_EVERY;
    for (uint64_t left = state->steps; left > 0; left -= burst) {
        for (uint32_t i = 0; i < burst; i++)
            vacate(state, stream[at + i], latency);
        for (uint32_t i = 0; i < burst; i++)
            obtain(state, stream[at + i], touch, latency);
        at += burst;
        if (at == state->stream_steps)
            at = 0;
        if (to_peak-- == 0) {
            to_peak = LEDGER_PEAK_EVERY;
            ledger_note_peak(state->worker.ledger);
        }
    }
    if (options.cross > 0)
        serve_neighbour(state, latency);
}
GENERATOR_RUN(state_t, replace);

static uint32_t draw_bytes(rng_t *rng) {
    uint64_t percent = rng_below(rng, 100);
    if (percent < options.share33)
        return (uint32_t)(options.size33_bytes + rng_below(rng, options.spread33_bytes + 1));
    return draw_of_range(rng, percent < options.share33 + options.small ? &options.small_bytes
                                                                        : &options.tail_bytes);
}

/* One block for each slot. */
static void fill(void *worker) {
    state_t *state = worker;
    rng_t rng = worker_fill_rng(worker);
    for (uint32_t slot = 0; slot < state->slot_count; slot++) {
        step_t step = {.slot = slot, .bytes = draw_bytes(&rng) & INT32_MAX};
        obtain(state, step, generator_options.touch, false);
    }
}

static void drain(void *worker) {
    state_t *state = worker;
    ledger_release_all(state->worker.ledger, state->slots, state->slot_count);
}

/* Slots of one burst differ: a partial shuffle of all slots, kept from burst to burst. */
static void draw_stream(state_t *state, rng_t *rng) {
    uint32_t *order = arena_alloc(state->slot_count, sizeof *order);
    for (uint32_t i = 0; i < state->slot_count; i++)
        order[i] = i;
    for (uint32_t at = 0; at < state->stream_steps; at++) {
        uint32_t i = at % (uint32_t)options.burst;
        uint32_t j = i + (uint32_t)rng_below(rng, state->slot_count - i);
        uint32_t slot = order[j];
        order[j] = order[i];
        order[i] = slot;
        state->stream[at] = (step_t){.slot = slot,
                                     .bytes = draw_bytes(rng) & INT32_MAX,
                                     .cross = rng_below(rng, 100) < options.cross};
    }
    arena_free(order, state->slot_count, sizeof *order);
}

static void prepare(void *worker) {
    state_t *state = worker;
    uint64_t burst = options.burst;
    state->slot_count = worker_share(worker, options.live);
    state->steps = options.ops / 2 / generator_options.threads / burst * burst;
    state->stream_steps = (uint32_t)(GENERATOR_STREAM_MAX / burst * burst);
    if (state->steps < state->stream_steps)
        state->stream_steps = (uint32_t)state->steps;
    state->slots = arena_alloc(state->slot_count, sizeof *state->slots);
    state->stream = arena_alloc(state->stream_steps, sizeof *state->stream);
    state->outbox = ring_new(RING_ENTRIES);
    draw_stream(state, &state->worker.rng);
}

static void connect(void *worker) {
    state_t *state = worker;
    unsigned threads = (unsigned)generator_options.threads;
    state->neighbour = generator_worker((state->worker.number + threads - 1) % threads);
}

static void begin(void) {
    uint64_t threads = generator_options.threads;
    if (options.share33 + options.small > 100)
        die_usage("--share33 and --small together exceed 100 percent");
    if (options.small_bytes.least > options.small_bytes.most)
        die_usage("--small-min exceeds --small-max");
    if (options.tail_bytes.least > options.tail_bytes.most)
        die_usage("--tail-min exceeds --tail-max");
    if (options.live / threads < options.burst)
        die_usage("--live must be at least --threads times --burst");
    if (options.ops / 2 / threads < options.burst)
        die_usage("--ops must be at least 2 times --threads times --burst");
}

int main(int argc, char **argv) {
    static const cli_number_t numbers[] = {
        {"live", "N", "live blocks, of all threads together", &options.live, 1000, 1, 100000000,
         false},
        {"share33", "PERCENT", "requests of about 33 KB", &options.share33, 60, 0, 100, false},
        {"size33", "BYTES", "their least size", &options.size33_bytes, 33000, 1, CLI_BYTES_MAX,
         true},
        {"spread33", "BYTES", "their sizes are uniform in size33 … size33 + spread33",
         &options.spread33_bytes, 0, 0, CLI_BYTES_MAX / 2, true},
        {"small", "PERCENT", "small requests; the rest is the tail", &options.small, 38, 0, 100,
         false},
        {"small-min", "BYTES", "least small size", &options.small_bytes.least, 16, 1, CLI_BYTES_MAX,
         true},
        {"small-max", "BYTES", "largest small size", &options.small_bytes.most, 1024, 1,
         CLI_BYTES_MAX, true},
        {"tail-min", "BYTES", "least tail size", &options.tail_bytes.least, 32768, 1, CLI_BYTES_MAX,
         true},
        {"tail-max", "BYTES", "largest tail size", &options.tail_bytes.most, 5 << 20, 1,
         CLI_BYTES_MAX, true},
        GENERATOR_THREADS("threads", 1, 1, TEAM_MEMBERS_MAX),
        {"cross", "PERCENT", "frees done by the next thread", &options.cross, 0, 0, 100, false},
        {"burst", "N", "blocks freed, then blocks made, in a row", &options.burst, 1, 1, 65536,
         false},
        GENERATOR_SEED("of sizes, slots and cross-thread frees"),
        GENERATOR_OPS("mallocs and frees, of all threads together", options.ops, 2000000, 2),
    };
    static const generator_t generator = {.name = "mid33",
                                          .about =
                                              "Random replacement of a live set, around 33 KB.",
                                          GENERATOR_NUMBERS(numbers),
                                          GENERATOR_PARTS,
                                          .begin = begin,
                                          .connect = connect,
                                          .fill = fill,
                                          .repeats = true};
    return generator_main(&generator, argc, argv);
}
