/*
 * mailbox.c - a generated workload: threads send blocks to one another, all to all.
 *
 * Each of N threads has a mailbox for each of the others, which holds --box blocks. In every step a
 * thread takes a parcel of --parcel blocks out of one of its boxes, if there is any, reads and
 * frees them, then makes a parcel and sends it: to each of the others in turn, in an order that is
 * drawn for each round. So it is in actor systems and in servers that are sharded by core: every
 * block is freed by another thread than made it, and each thread frees blocks of all the others.
 *
 * All boxes are full when the clock starts: those blocks are the live set. A thread that finds the
 * receiver's box full goes on with its own boxes, and when these are empty, lets others have the
 * core; so none can block another for good. Since it is known before the clock starts how often who
 * sends to whom, a thread stays until it has freed what it is due. So the boxes are full again at
 * the end, and the work and the checksum depend on the parameters and the seed alone, however the
 * threads are scheduled.
 *
 * A box is a ring between two threads (common/ring.h): its counters and entries are handed over a
 * parcel at a time, so that it is not their cache misses that are measured.
 */
#include "common/arena.h"
#include "common/draw.h"
#include "common/generator.h"
#include "common/ring.h"

enum { STREAM_BLOCKS_MAX = 1 << 18, BOX_MAX = 1 << 20, PARCEL_MAX = 1 << 12, THREADS_MAX = 64 };

static struct {
    uint64_t box, parcel, ops;
    draw_range_t sizes;
} options;

typedef struct state {
    _Alignas(LEDGER_LINE_BYTES) worker_t worker;
    uint32_t *sizes;     /* of the blocks, over and over */
    uint32_t *receivers; /* of the parcels that these sizes fill */
    uint32_t parcel_count;
    uint64_t parcels;        /* to send */
    uint64_t due_sum, *dues; /* parcels to come, of all and from each thread */
    unsigned last_sender;
} state_t;

static ring_t
    *boxes; /* from thread 0 to 0, 1, …, then from thread 1; those to oneself stay empty */

static inline ring_t *box_of(unsigned from, unsigned to) {
    return &boxes[from * generator_options.threads + to];
}

/* Frees one parcel; false when all boxes are empty. The senders take turns. */
static inline __attribute__((always_inline)) bool receive(state_t *state, touch_t touch,
                                                          bool latency) {
    uint32_t threads = (uint32_t)generator_options.threads, tried = 0;
    uint32_t parcel = (uint32_t)options.parcel;
    unsigned from = state->last_sender;
    ring_t *box;
    do {
        if (tried++ == threads)
            return false;
        from = from + 1 == threads ? 0 : from + 1;
        box = box_of(from, state->worker.number);
    } while (state->dues[from] == 0 || ring_filled(box) < parcel);
    for (uint32_t i = 0; i < parcel; i++) {
        const block_t *block = ring_to_take(box, i);
        block_read(block, touch);
        ledger_release(state->worker.ledger, *block, latency);
    }
    ring_free(box, parcel);
    state->last_sender = from;
    state->dues[from]--;
    state->due_sum--;
    return true;
}

static inline __attribute__((always_inline)) void exchange(state_t *state, touch_t touch,
                                                           bool latency) {
    uint32_t parcel = (uint32_t)options.parcel, at = 0;
    unsigned waited = 0;
    for (uint64_t sent = 0; sent < state->parcels; sent++) {
        ring_t *box = box_of(state->worker.number, state->receivers[at]);
        receive(state, touch, latency);
        for (waited = 0; ring_room(box) < parcel;) {
            if (!receive(state, touch, latency))
                ring_pause(&waited);
        }
        for (uint32_t i = 0; i < parcel; i++) {
            uint32_t stamp = at * parcel + i;
            *ring_to_put(box, i) =
                ledger_obtain(state->worker.ledger, state->sizes[stamp], stamp, touch, latency);
        }
        ring_publish(box, parcel);
        if (sent % LEDGER_PEAK_EVERY == 0)
            ledger_note_peak(state->worker.ledger);
        if (++at == state->parcel_count)
            at = 0;
    }
    for (waited = 0; state->due_sum > 0;) {
        if (!receive(state, touch, latency))
            ring_pause(&waited);
    }
}
GENERATOR_RUN(state_t, exchange);

/* Each fills the boxes of the others. */
static void fill(void *worker) {
    const state_t *state = worker;
    unsigned own = state->worker.number;
    uint32_t stamp = 0, sizes = state->parcel_count * (uint32_t)options.parcel;
    for (unsigned to = 0; to < generator_options.threads; to++) {
        ring_t *box = box_of(own, to);
        for (uint32_t i = 0; to != own && i < options.box; i++, stamp++) {
            *ring_to_put(box, i) = ledger_obtain(state->worker.ledger, state->sizes[stamp % sizes],
                                                 stamp, generator_options.touch, false);
        }
        ring_publish(box, to != own ? (uint32_t)options.box : 0);
    }
}

/* Each empties its own. */
static void drain(void *worker) {
    const state_t *state = worker;
    for (unsigned from = 0; from < generator_options.threads; from++) {
        ring_t *box = box_of(from, state->worker.number);
        for (uint32_t i = 0; from != state->worker.number && i < options.box; i++)
            ledger_release(state->worker.ledger, *ring_to_take(box, i), false);
    }
}

static uint64_t parcels_of_thread(void) {
    return options.ops / 2 / generator_options.threads / options.parcel;
}

static void begin(void) {
    uint64_t threads = generator_options.threads;
    ring_check("box", options.box, "parcel", options.parcel);
    draw_range_check(&options.sizes);
    if (parcels_of_thread() == 0)
        die_usage("--ops must be at least 2 times --threads times --parcel");
    boxes = arena_alloc(threads * threads, sizeof *boxes);
    for (uint64_t i = 0; i < threads * threads; i++)
        boxes[i] = ring_new((uint32_t)options.box);
}

/* Each round of receivers is a shuffle of all others, made from the inside out. */
static void prepare(void *worker) {
    state_t *state = worker;
    rng_t *rng = &state->worker.rng;
    uint64_t others = generator_options.threads - 1;
    uint64_t most = STREAM_BLOCKS_MAX / options.parcel / others * others;
    state->parcels = parcels_of_thread();
    state->parcel_count = (uint32_t)(state->parcels < most ? state->parcels : most);
    uint32_t sizes = state->parcel_count * (uint32_t)options.parcel;
    state->dues = arena_alloc(generator_options.threads, sizeof *state->dues);
    state->sizes = arena_alloc(sizes, sizeof *state->sizes);
    state->receivers = arena_alloc(state->parcel_count, sizeof *state->receivers);
    draw_table(rng, state->sizes, sizes, options.sizes.least, options.sizes.most);
    for (uint32_t i = 0; i < state->parcel_count; i++) {
        uint32_t turn = i % (uint32_t)others;
        uint32_t drawn = i - (uint32_t)rng_below(rng, turn + 1);
        state->receivers[i] = state->receivers[drawn];
        state->receivers[drawn] = turn + (turn >= state->worker.number);
    }
}

/* Tells the others what will come. */
static void announce(void *worker) {
    const state_t *sender = worker;
    for (uint64_t sent = 0; sent < sender->parcels; sent++) {
        state_t *receiver = generator_worker(sender->receivers[sent % sender->parcel_count]);
        receiver->dues[sender->worker.number]++;
        receiver->due_sum++;
    }
}

int main(int argc, char **argv) {
    static const cli_number_t numbers[] = {
        GENERATOR_THREADS("threads", 2, 2, THREADS_MAX),
        {"box", "N", "blocks in a mailbox, which each thread has for each other; a power of 2",
         &options.box, 1024, 1, BOX_MAX, false},
        {"parcel", "N", "blocks sent at a time", &options.parcel, 8, 1, PARCEL_MAX, false},
        GENERATOR_LEAST(options.sizes, 16),
        GENERATOR_MOST(options.sizes, 1024),
        GENERATOR_SEED("of sizes and receivers"),
        GENERATOR_OPS("mallocs and frees, of all threads together", options.ops, 4000000, 2),
    };
    static const generator_t generator = {.name = "mailbox",
                                          .about =
                                              "Threads send blocks to one another, all to all.",
                                          GENERATOR_NUMBERS(numbers),
                                          GENERATOR_PARTS,
                                          .begin = begin,
                                          .connect = announce,
                                          .fill = fill};
    return generator_main(&generator, argc, argv);
}
