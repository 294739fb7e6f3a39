/*
 * mailbox.c - a generated workload: threads send blocks to one another, all to all.
 *
 * Each of N threads has a mailbox for each of the others, which holds --box blocks. In every step a
 * thread takes a parcel of --parcel blocks out of one of its boxes, if there is any, reads and
 * frees them, then makes a parcel and sends it: to each of the others in turn, in an order drawn
 * anew for each round. So it is in actor systems and in servers that are sharded by core: every
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
#include "common/cli.h"
#include "shared/die.h"
#include "common/draw.h"
#include "common/ledger.h"
#include "common/ring.h"
#include "common/rng.h"
#include "common/team.h"

enum { STREAM_BLOCKS_MAX = 1 << 18, BOX_MAX = 1 << 20, PARCEL_MAX = 1 << 12, THREADS_MAX = 64 };

typedef struct options {
    uint64_t threads, box, parcel, ops, seed;
    uint64_t min_bytes, max_bytes;
    touch_t touch;
    bool latency;
    const char *result;
} options_t;

typedef struct worker {
    _Alignas(LEDGER_LINE_BYTES) struct mailbox *mailbox;
    ledger_t *ledger;
    uint32_t *sizes;     /* of the blocks, over and over */
    uint32_t *receivers; /* of the parcels that these sizes fill */
    uint32_t parcel_count;
    uint64_t parcels;        /* to send */
    uint64_t due_sum, *dues; /* parcels to come, of all and from each thread */
    unsigned number, last_sender;
} worker_t;

typedef struct mailbox {
    options_t options;
    ledger_t *ledgers;
    worker_t *workers;
    ring_t *boxes; /* from thread 0 to 0, 1, …, then from thread 1; those to oneself stay empty */
} mailbox_t;

static inline ring_t *box_of(const mailbox_t *mailbox, unsigned from, unsigned to) {
    return &mailbox->boxes[from * mailbox->options.threads + to];
}

/* Frees one parcel; false when all boxes are empty. The senders take turns. */
static inline __attribute__((always_inline)) bool receive(worker_t *worker, touch_t touch,
                                                          bool latency) {
    const mailbox_t *mailbox = worker->mailbox;
    uint32_t threads = (uint32_t)mailbox->options.threads, tried = 0;
    uint32_t parcel = (uint32_t)mailbox->options.parcel;
    unsigned from = worker->last_sender;
    ring_t *box;
    do {
        if (tried++ == threads)
            return false;
        from = from + 1 == threads ? 0 : from + 1;
        box = box_of(mailbox, from, worker->number);
    } while (worker->dues[from] == 0 || ring_filled(box) < parcel);
    for (uint32_t i = 0; i < parcel; i++) {
        const block_t *block = ring_to_take(box, i);
        block_read(block, touch);
        ledger_release(worker->ledger, *block, latency);
    }
    ring_free(box, parcel);
    worker->last_sender = from;
    worker->dues[from]--;
    worker->due_sum--;
    return true;
}

static inline __attribute__((always_inline)) void exchange(worker_t *worker, touch_t touch,
                                                           bool latency) {
    uint32_t parcel = (uint32_t)worker->mailbox->options.parcel, at = 0;
    unsigned waited = 0;
    for (uint64_t sent = 0; sent < worker->parcels; sent++) {
        ring_t *box = box_of(worker->mailbox, worker->number, worker->receivers[at]);
        receive(worker, touch, latency);
        for (waited = 0; ring_room(box) < parcel;) {
            if (!receive(worker, touch, latency))
                ring_pause(&waited);
        }
        for (uint32_t i = 0; i < parcel; i++) {
            uint32_t stamp = at * parcel + i;
            *ring_to_put(box, i) =
                ledger_obtain(worker->ledger, worker->sizes[stamp], stamp, touch, latency);
        }
        ring_publish(box, parcel);
        if (sent % LEDGER_PEAK_EVERY == 0)
            ledger_note_peak(worker->ledger);
        if (++at == worker->parcel_count)
            at = 0;
    }
    for (waited = 0; worker->due_sum > 0;) {
        if (!receive(worker, touch, latency))
            ring_pause(&waited);
    }
}

static void run(void *context, unsigned member) {
    mailbox_t *mailbox = context;
    const options_t *options = &mailbox->options;
    worker_t *worker = &mailbox->workers[member];
    ledger_begin_run(worker->ledger);
    LEDGER_SPECIALIZE(exchange, worker, options->touch, options->latency);
    ledger_end_run(worker->ledger);
}

/* Each fills the boxes of the others. */
static void fill(void *context, unsigned member) {
    mailbox_t *mailbox = context;
    const options_t *options = &mailbox->options;
    worker_t *worker = &mailbox->workers[member];
    uint32_t stamp = 0, sizes = worker->parcel_count * (uint32_t)options->parcel;
    for (unsigned to = 0; to < options->threads; to++) {
        ring_t *box = box_of(mailbox, member, to);
        for (uint32_t i = 0; to != member && i < options->box; i++, stamp++) {
            *ring_to_put(box, i) = ledger_obtain(worker->ledger, worker->sizes[stamp % sizes],
                                                 stamp, options->touch, false);
        }
        ring_publish(box, to != member ? (uint32_t)options->box : 0);
    }
    ledger_note_peak(worker->ledger);
}

/* Each empties its own. */
static void drain(void *context, unsigned member) {
    mailbox_t *mailbox = context;
    for (unsigned from = 0; from < mailbox->options.threads; from++) {
        ring_t *box = box_of(mailbox, from, member);
        for (uint32_t i = 0; from != member && i < mailbox->options.box; i++)
            ledger_release(&mailbox->ledgers[member], *ring_to_take(box, i), false);
    }
}

/* Each round of receivers is a shuffle of all others, made from the inside out. */
static void draw_stream(worker_t *worker) {
    const options_t *options = &worker->mailbox->options;
    uint32_t sizes = worker->parcel_count * (uint32_t)options->parcel;
    rng_t rng;
    rng_seed(&rng, options->seed + worker->number);
    worker->sizes = arena_alloc(sizes, sizeof *worker->sizes);
    worker->receivers = arena_alloc(worker->parcel_count, sizeof *worker->receivers);
    for (uint32_t i = 0; i < sizes; i++)
        worker->sizes[i] = draw_log_uniform(&rng, options->min_bytes, options->max_bytes);
    for (uint32_t i = 0; i < worker->parcel_count; i++) {
        uint32_t turn = i % (uint32_t)(options->threads - 1);
        uint32_t drawn = i - (uint32_t)rng_below(&rng, turn + 1);
        worker->receivers[i] = worker->receivers[drawn];
        worker->receivers[drawn] = turn + (turn >= worker->number);
    }
}

static void announce(mailbox_t *mailbox, const worker_t *sender) {
    for (uint64_t sent = 0; sent < sender->parcels; sent++) {
        worker_t *receiver = &mailbox->workers[sender->receivers[sent % sender->parcel_count]];
        receiver->dues[sender->number]++;
        receiver->due_sum++;
    }
}

static uint64_t parcels_of(const options_t *options) {
    return options->ops / 2 / options->threads / options->parcel;
}

static void prepare(mailbox_t *mailbox) {
    const options_t *options = &mailbox->options;
    uint64_t threads = options->threads, parcels = parcels_of(options);
    uint64_t most = STREAM_BLOCKS_MAX / options->parcel / (threads - 1) * (threads - 1);
    mailbox->boxes = arena_alloc(threads * threads, sizeof *mailbox->boxes);
    for (uint64_t i = 0; i < threads * threads; i++) {
        mailbox->boxes[i].entries = arena_alloc(options->box, sizeof(block_t));
        mailbox->boxes[i].entry_count = (uint32_t)options->box;
    }
    mailbox->ledgers = ledgers_new((unsigned)threads, options->latency);
    mailbox->workers = arena_alloc(threads, sizeof *mailbox->workers);
    for (unsigned i = 0; i < threads; i++) {
        worker_t *worker = &mailbox->workers[i];
        *worker = (worker_t){.mailbox = mailbox,
                             .ledger = &mailbox->ledgers[i],
                             .parcel_count = (uint32_t)(parcels < most ? parcels : most),
                             .parcels = parcels,
                             .dues = arena_alloc(threads, sizeof *worker->dues),
                             .number = i};
        draw_stream(worker);
    }
    for (unsigned i = 0; i < threads; i++)
        announce(mailbox, &mailbox->workers[i]);
}

static void check_options(const options_t *options) {
    if ((options->box & (options->box - 1)) != 0)
        die_usage("--box=%llu: not a power of 2", (unsigned long long)options->box);
    if (options->box % options->parcel != 0)
        die_usage("--parcel=%llu: does not divide --box", (unsigned long long)options->parcel);
    if (options->min_bytes > options->max_bytes)
        die_usage("--min exceeds --max");
    if (parcels_of(options) == 0)
        die_usage("--ops must be at least 2 times --threads times --parcel");
}

static void measure(mailbox_t *mailbox, const cli_t *cli) {
    static sample_t sample;
    const options_t *options = &mailbox->options;
    prepare(mailbox);
    sample.workload = "mailbox";
    cli_describe(cli, &sample);
    if (options->latency)
        sample.clock = clock_calibrate();
    team_job_t job = {.context = mailbox, .fill = fill, .run = run, .drain = drain};
    team_measure(&job, (unsigned)options->threads, &sample);
    ledgers_collect(mailbox->ledgers, &sample);
    sample_report(&sample, options->result);
}

int main(int argc, char **argv) {
    static mailbox_t mailbox;
    options_t *o = &mailbox.options;
    const uint64_t ops_most = UINT64_C(1) << 40, most = CLI_BYTES_MAX;
    const cli_number_t numbers[] = {
        {"threads", "N", "threads", &o->threads, 2, 2, THREADS_MAX, false},
        {"box", "N", "blocks in a mailbox, which each thread has for each other; a power of 2",
         &o->box, 1024, 1, BOX_MAX, false},
        {"parcel", "N", "blocks sent at a time", &o->parcel, 8, 1, PARCEL_MAX, false},
        {"min", "BYTES", "least size", &o->min_bytes, 16, 1, most, true},
        {"max", "BYTES", "largest size; log-uniform between", &o->max_bytes, 1024, 1, most, true},
        {"seed", "N", "of sizes and receivers", &o->seed, 1, 0, UINT64_MAX, false},
        {"ops", "N", "mallocs and frees, of all threads together", &o->ops, 4000000, 2, ops_most,
         false},
    };
    const cli_t cli = {.about = "Threads send blocks to one another, all to all.",
                       .numbers = numbers,
                       .number_count = sizeof numbers / sizeof numbers[0],
                       .touch = &o->touch,
                       .latency = &o->latency,
                       .result = &o->result};
    cli_parse(&cli, argc, argv);
    check_options(o);
    measure(&mailbox, &cli);
    return 0;
}
