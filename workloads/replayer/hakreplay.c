/*
 * hakreplay.c - replays a recorded trace against the allocator of this process.
 *
 *   hakreplay TRACE [--touch=first|page|whole] [--loop=N] [--verify] [--latency] [--result=FILE]
 *
 * One thread for each thread of the trace, all started before the clock; each does what its
 * original did, in that order, so frees are done by the thread that freed. A thread that ends or
 * reallocates a block of another waits until that has made it; beyond that the threads are only
 * kept within two epochs of each other (plan.h, pace.h). Nothing is decoded or allocated for the
 * harness in the timed part.
 *
 * --loop=N replays the trace N times. Between two rounds each thread frees what the trace left
 * alive and that thread made; this is timed and counted. After the last round the rest stays alive
 * for the steady reading and is freed untimed.
 *
 * An allocation that returns NULL is counted; operations on that block do nothing from then on. A
 * realloc that returns NULL frees the old block.
 *
 * --verify fills every block with a pattern and checks it when the block ends, after each realloc
 * the part that was kept, for calloc the zeroes, and alignments. A difference ends the process: a
 * correctness test of the allocator, not a measurement.
 */
#include "common/arena.h"
#include "common/die.h"
#include "common/number.h"
#include "common/sample.h"
#include "common/team.h"
#include "common/touch.h"
#include "replayer/pace.h"
#include "replayer/plan.h"

#include <argp.h>
#include <malloc.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* In a shared slot: the allocation returned NULL (NULL itself: not made yet). */
static char failed_block;
#define FAILED ((void *)&failed_block)

enum { LINE_BYTES = 64, LOOP_MAX = 1000000 };

typedef struct options {
    const char *trace, *result;
    touch_t touch;
    uint64_t loop;
    bool latency, verify;
} options_t;

typedef struct worker {
    _Alignas(LINE_BYTES) void **slots;
    uint64_t ops, null_returns, checksum;
    latency_t *latency; /* NULL: operations are not timed */
} worker_t;

typedef struct replay {
    options_t options;
    plan_t plan;
    pace_t pace;
    pthread_barrier_t rounds;
    _Atomic(void *) *shared;
    worker_t *workers;
} replay_t;

/* ---- the pattern of --verify ---- */

/* Known from the address alone, and different for blocks that overlap. */
static unsigned char pattern_of(const void *block) {
    return (unsigned char)(((uint64_t)(uintptr_t)block >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 56);
}

static __attribute__((noinline)) void expect_bytes(const void *block, unsigned char pattern,
                                                   size_t bytes, const char *what) {
    const unsigned char *start = block;
    /* The first byte is right and each is like the one before it. */
    if (bytes > 0 && (start[0] != pattern || memcmp(start, start + 1, bytes - 1) != 0))
        die("verify: %s: a block of %zu bytes at %p was overwritten", what, bytes, block);
}

static __attribute__((noinline)) void verify_new(const void *block, const plan_op_t *op,
                                                 size_t bytes) {
    size_t alignment =
        op->kind == PLAN_ALIGNED ? (size_t)1 << op->align_shift : (bytes >= 16 ? 16 : 8);
    if ((uintptr_t)block % alignment != 0)
        die("verify: the block of %zu bytes at %p is not aligned to %zu", bytes, block, alignment);
    if (op->kind == PLAN_CALLOC)
        expect_bytes(block, 0, bytes, "calloc");
}

/* ---- operations ---- */

static inline void pause_briefly(unsigned tries) {
    if (tries % 128 == 127)
        sched_yield();
#if defined(__x86_64__)
    else
        __builtin_ia32_pause();
#endif
}

static inline void *take(replay_t *replay, worker_t *worker, const plan_op_t *op) {
    if (!op->from_is_shared)
        return worker->slots[op->from];
    _Atomic(void *) *slot = &replay->shared[op->from];
    void *block;
    /* Acquire: what the making thread wrote into the block is seen. */
    for (unsigned tries = 0; (block = atomic_load_explicit(slot, memory_order_acquire)) == NULL;)
        pause_briefly(tries++);
    /* Empty for the next round; the barrier between rounds orders it. */
    atomic_store_explicit(slot, NULL, memory_order_relaxed);
    return block == FAILED ? NULL : block;
}

static inline void put(replay_t *replay, worker_t *worker, const plan_op_t *op, void *block) {
    if (!op->to_is_shared) {
        worker->slots[op->to] = block;
        return;
    }
    atomic_store_explicit(&replay->shared[op->to], block == NULL ? FAILED : block,
                          memory_order_release);
}

static inline void *call_new(const plan_op_t *op, size_t bytes, void *old) {
    switch (op->kind) {
    case PLAN_CALLOC:
        return calloc(1, bytes);
    case PLAN_ALIGNED:
        return memalign((size_t)1 << op->align_shift, bytes);
    case PLAN_REALLOC:
        return old == NULL ? malloc(bytes) : realloc(old, bytes);
    default:
        return malloc(bytes);
    }
}

/* The bytes of an operation and, for realloc, of the block before it. Moves past a wide item. */
static inline plan_wide_t sizes_of(const plan_op_t *op, const plan_item_t **item) {
    if (!plan_is_wide(op))
        return (plan_wide_t){.bytes = op->bytes};
    *item += 1;
    return (*item)->wide;
}

static const latency_kind_t latency_kinds[] = {[PLAN_MALLOC] = LATENCY_MALLOC,
                                               [PLAN_CALLOC] = LATENCY_CALLOC,
                                               [PLAN_ALIGNED] = LATENCY_ALIGNED,
                                               [PLAN_REALLOC] = LATENCY_REALLOC};

static inline __attribute__((always_inline)) void make(replay_t *replay, worker_t *worker,
                                                       const plan_op_t *op, plan_wide_t sizes,
                                                       touch_t touch, bool latency, bool verify) {
    bool again = op->kind == PLAN_REALLOC;
    void *old = again ? take(replay, worker, op) : NULL;
    size_t kept = old == NULL ? 0 : sizes.old_bytes < sizes.bytes ? sizes.old_bytes : sizes.bytes;
    unsigned char old_pattern = pattern_of(old);
    if (verify && old != NULL)
        expect_bytes(old, old_pattern, sizes.old_bytes, "before realloc");

    uint64_t before = latency ? clock_ticks() : 0;
    void *block = call_new(op, sizes.bytes, old);
    if (latency)
        latency_add(worker->latency, latency_kinds[op->kind], sizes.bytes, clock_ticks() - before);

    if (__builtin_expect(block == NULL, 0)) {
        worker->null_returns++;
        free(old);
    } else {
        worker->checksum +=
            (sizes.bytes ^ ((uint64_t)op->kind << 56)) * UINT64_C(0x9e3779b97f4a7c15);
        if (verify) {
            verify_new(block, op, sizes.bytes);
            expect_bytes(block, old_pattern, kept, "after realloc");
            memset(block, pattern_of(block), sizes.bytes);
        } else {
            touch_range(touch, block, kept, sizes.bytes);
        }
    }
    put(replay, worker, op, block);
}

static inline __attribute__((always_inline)) void end(worker_t *worker, void *block, size_t bytes,
                                                      bool latency, bool verify) {
    if (block == NULL)
        return;
    if (verify)
        expect_bytes(block, pattern_of(block), bytes, "before free");
    uint64_t before = latency ? clock_ticks() : 0;
    free(block);
    if (latency)
        latency_add(worker->latency, LATENCY_FREE, bytes, clock_ticks() - before);
}

/* ---- rounds ---- */

static inline __attribute__((always_inline)) void play(replay_t *replay, unsigned member,
                                                       touch_t touch, bool latency, bool verify) {
    const plan_thread_t *thread = &replay->plan.threads[member];
    worker_t *worker = &replay->workers[member];
    const plan_item_t *item = thread->items, *last = item + thread->item_count;
    uint32_t epoch = PACE_NO_EPOCH;
    for (; item < last; item++) {
        const plan_op_t *op = &item->op;
        if (op->kind == PLAN_EPOCH) {
            if (epoch != PACE_NO_EPOCH)
                pace_leave(&replay->pace, epoch);
            epoch = op->to;
            pace_enter(&replay->pace, epoch);
            continue;
        }
        plan_wide_t sizes = sizes_of(op, &item);
        if (op->kind == PLAN_FREE)
            end(worker, take(replay, worker, op), sizes.bytes, latency, verify);
        else
            make(replay, worker, op, sizes, touch, latency, verify);
    }
    if (epoch != PACE_NO_EPOCH)
        pace_leave(&replay->pace, epoch);
    worker->ops += thread->ops;
}

static void free_leftovers(replay_t *replay, unsigned member, bool latency) {
    const plan_thread_t *thread = &replay->plan.threads[member];
    worker_t *worker = &replay->workers[member];
    for (uint64_t i = 0; i < thread->leftover_count; i++) {
        const plan_leftover_t *leftover = &thread->leftovers[i];
        end(worker, worker->slots[leftover->slot], leftover->bytes, latency,
            replay->options.verify);
    }
}

static void next_round(replay_t *replay, unsigned member) {
    free_leftovers(replay, member, replay->options.latency);
    replay->workers[member].ops += replay->plan.threads[member].leftover_count;
    if (replay->plan.thread_count == 1)
        return;
    pthread_barrier_wait(&replay->rounds);
    if (member == 0)
        pace_reset(&replay->pace);
    pthread_barrier_wait(&replay->rounds);
}

static void run(void *context, unsigned member) {
    replay_t *replay = context;
    const options_t *options = &replay->options;
    for (uint64_t round = 0; round < options->loop; round++) {
        if (round > 0)
            next_round(replay, member);
        /* One loop for each kind of run, so that the measured one tests nothing it need not. */
        if (options->verify)
            play(replay, member, TOUCH_WHOLE, false, true);
        else if (options->latency)
            play(replay, member, options->touch, true, false);
        else if (options->touch == TOUCH_FIRST)
            play(replay, member, TOUCH_FIRST, false, false);
        else if (options->touch == TOUCH_PAGE)
            play(replay, member, TOUCH_PAGE, false, false);
        else
            play(replay, member, TOUCH_WHOLE, false, false);
    }
}

static void drain(void *context, unsigned member) {
    free_leftovers(context, member, false);
}

/* ---- before and after ---- */

static void prepare(replay_t *replay) {
    const plan_t *plan = &replay->plan;
    replay->shared = arena_alloc(plan->shared_slot_count, sizeof *replay->shared);
    replay->workers = arena_alloc(plan->thread_count, sizeof *replay->workers);
    pace_open(&replay->pace, plan->epoch_threads, plan->epoch_count);
    pthread_barrier_init(&replay->rounds, NULL, plan->thread_count);
    for (uint32_t t = 0; t < plan->thread_count; t++) {
        worker_t *worker = &replay->workers[t];
        worker->slots = arena_alloc(plan->threads[t].slot_count, sizeof *worker->slots);
        if (replay->options.latency)
            worker->latency = latency_new(1);
    }
}

static void collect(const replay_t *replay, sample_t *sample) {
    worker_t *first = &replay->workers[0];
    for (uint32_t t = 0; t < replay->plan.thread_count; t++) {
        const worker_t *worker = &replay->workers[t];
        sample->ops += worker->ops;
        sample->null_returns += worker->null_returns;
        sample->checksum += worker->checksum * (2 * (uint64_t)t + 1);
        if (t > 0 && replay->options.latency)
            latency_merge(first->latency, worker->latency);
    }
    sample->requested_peak_bytes = replay->plan.peak_live_bytes;
    sample->requested_steady_bytes = replay->plan.leftover_bytes;
    sample->latency = first->latency;
}

static void describe(const options_t *options, const trace_t *trace, sample_t *sample) {
    sample->workload = "hakreplay";
    sample_param_text(sample, "trace", options->trace);
    sample_param_number(sample, "trace_crc32c", trace->crc);
    sample_param_number(sample, "trace_events", trace->event_count);
    sample_param_text(sample, "touch", options->verify ? "whole" : touch_name(options->touch));
    sample_param_number(sample, "loop", options->loop);
    sample_param_number(sample, "verify", options->verify);
}

enum { KEY_TOUCH = 0x100, KEY_LOOP, KEY_LATENCY, KEY_MEMORY, KEY_VERIFY, KEY_RESULT };

static error_t parse_option(int key, char *text, struct argp_state *state) {
    options_t *options = state->input;
    switch (key) {
    case KEY_TOUCH:
        if (!touch_parse(text, &options->touch))
            die_usage("--touch=%s: not one of first, page, whole", text);
        return 0;
    case KEY_LOOP:
        if (!number_parse(text, 1, LOOP_MAX, &options->loop))
            die_usage("--loop=%s: not a number from 1 to %d", text, LOOP_MAX);
        return 0;
    case KEY_LATENCY:
        options->latency = true;
        return 0;
    case KEY_MEMORY:
        memory_wanted = true;
        return 0;
    case KEY_VERIFY:
        options->verify = true;
        return 0;
    case KEY_RESULT:
        options->result = text;
        return 0;
    case ARGP_KEY_ARG:
        if (options->trace != NULL)
            die_usage("%s: only one trace is replayed at a time", text);
        options->trace = text;
        return 0;
    case ARGP_KEY_END:
        if (options->trace == NULL)
            die_usage("which trace? (see --help)");
        if (options->verify && options->latency)
            die_usage("--verify and --latency exclude each other");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void parse_options(int argc, char **argv, options_t *options) {
    static const struct argp_option table[] = {
        {"touch", KEY_TOUCH, "first|page|whole", 0, "what is written of each block (default: page)",
         0},
        {"loop", KEY_LOOP, "N", 0, "how often the trace is replayed (default: 1)", 0},
        {"latency", KEY_LATENCY, NULL, 0, "time each operation", 0},
        {"memory", KEY_MEMORY, NULL, 0, MEMORY_HELP, 0},
        {"verify", KEY_VERIFY, NULL, 0, "fill and check every block: a test, not a measurement", 0},
        {"result", KEY_RESULT, "FILE", 0, "write the sample as JSON (default: a summary)", 0},
        {0}};
    static const struct argp argp = {
        table, parse_option, "TRACE", "Replays a recorded trace against this process's allocator.",
        NULL,  NULL,         NULL};
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, options);
}

int main(int argc, char **argv) {
    static replay_t replay = {.options = {.touch = TOUCH_PAGE, .loop = 1}};
    static sample_t sample;
    trace_t trace;
    trace_error_t error = {.text = ""};
    parse_options(argc, argv, &replay.options);
    if (!trace_load(replay.options.trace, &trace, &error))
        die("%s", error.text);
    if (trace.thread_count == 0 || trace.thread_count > TEAM_MEMBERS_MAX)
        die("%s: %u threads, a replay can have 1 to %d", replay.options.trace, trace.thread_count,
            TEAM_MEMBERS_MAX);
    describe(&replay.options, &trace, &sample);
    plan_make(&trace, &replay.plan);
    trace_unload(&trace);
    prepare(&replay);
    if (replay.options.latency)
        sample.clock = clock_calibrate();
    team_job_t job = {.context = &replay, .run = run, .drain = drain};
    team_measure(&job, replay.plan.thread_count, &sample);
    collect(&replay, &sample);
    sample_report(&sample, replay.options.result);
    return 0;
}
