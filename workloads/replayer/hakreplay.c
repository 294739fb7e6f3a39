/*
 * hakreplay.c - replays a recorded trace against the allocator of this process.
 *
 *   hakreplay TRACE [--touch=first|page|whole] [--loop=N] [--speed=max|recorded] [--window=N]
 *             [--until=peak] [--verify] [--latency] [--result=FILE]
 *
 * One thread for each thread of the trace, all started before the clock; each does what its
 * original did, in that order, so frees are done by the thread that freed. A thread that ends or
 * reallocates a block of another waits until that has made it; beyond that the threads are only
 * kept within a window of each other (plan.h, pace.h), and the result says how near they came to
 * the trace's order (order.h). Nothing is decoded or allocated for the harness in the timed part.
 *
 * --loop=N replays the trace N times. Between two rounds each thread frees what the trace left
 * alive and that thread made; this is timed and counted. After the last round the rest stays alive
 * for the steady reading and is freed untimed. Order and lateness are those of the last round.
 *
 * --speed=recorded lets no operation begin before its time in the record; threads sleep until then.
 * Memory is what such a run measures: the resident set also in the mean (resident_mean.h).
 *
 * --until=peak replays up to the event behind which most bytes are alive. The steady reading is
 * then that of the peak, with just these blocks alive, and the allocator is asked what it holds
 * (held.h).
 *
 * An allocation that returns NULL is counted; from then on a free of that block is free(NULL), and
 * a realloc of it malloc. A realloc that returns NULL frees the old block.
 *
 * --verify fills every block with a pattern and checks it when the block ends, after each realloc
 * the part that was kept, for calloc the zeroes, and alignments. A difference ends the process: a
 * correctness test of the allocator, not a measurement.
 */
#include "common/arena.h"
#include "common/cpu.h"
#include "shared/die.h"
#include "shared/number.h"
#include "common/sample.h"
#include "common/team.h"
#include "common/buffer.h"
#include "common/touch.h"
#include "common/turns.h"
#include "replayer/held.h"
#include "replayer/live_pages.h"
#include "replayer/order.h"
#include "replayer/pace.h"
#include "replayer/plan.h"
#include "replayer/replay_options.h"
#include "replayer/resident_mean.h"

#include <inttypes.h>
#include <malloc.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* In a shared slot: the allocation returned NULL (NULL itself: not made yet). */
static char failed_block;
#define FAILED ((void *)&failed_block)

enum { LINE_BYTES = 64 };

typedef struct worker {
    _Alignas(LINE_BYTES) void **slots;
    uint64_t ops, null_returns, checksum;
    latency_t *latency; /* NULL: operations are not timed */
    uint64_t *ticks;    /* of its marks, in the last round */
    uint64_t mark, rounds;
    bool notes_marks;
    uint32_t epoch;
    histogram_t *late; /* ns, at recorded speed */
} worker_t;

typedef struct replay {
    replay_options_t options;
    plan_t plan;
    pace_t pace;
    pthread_barrier_t rounds;
    _Atomic(void *) *shared;
    _Atomic uint64_t start_ns; /* of the round at recorded speed, 0: not yet */
    worker_t *workers;
    held_t *held;        /* NULL: it is not asked for */
    uint64_t mean_bytes; /* resident, at recorded speed */
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

static __attribute__((noinline)) void verify_new(const void *block, plan_kind_t kind,
                                                 unsigned align_shift, size_t bytes) {
    size_t alignment = kind == PLAN_ALIGNED ? (size_t)1 << align_shift : (bytes >= 16 ? 16 : 8);
    if ((uintptr_t)block % alignment != 0)
        die("verify: the block of %zu bytes at %p is not aligned to %zu", bytes, block, alignment);
    if (kind == PLAN_CALLOC)
        expect_bytes(block, 0, bytes, "calloc");
}

/* ---- operations ---- */

static inline void pause_briefly(unsigned tries) {
    if (tries % 128 == 127)
        sched_yield();
    else
        cpu_pause();
}

/* Slow beside the rest, and seldom: kept out of the loops. */
static __attribute__((noinline)) void *take_shared(_Atomic(void *) *slot) {
    void *block;
    /* Acquire: what the making thread wrote into the block is seen. */
    for (unsigned tries = 0; (block = atomic_load_explicit(slot, memory_order_acquire)) == NULL;)
        pause_briefly(tries++);
    /* Empty for the next round; the barrier between rounds orders it. */
    atomic_store_explicit(slot, NULL, memory_order_relaxed);
    return block == FAILED ? NULL : block;
}

static void *take(replay_t *replay, void **slots, const plan_long_t *op) {
    return op->from_is_shared ? take_shared(&replay->shared[op->from]) : slots[op->from];
}

static void put(replay_t *replay, void **slots, const plan_long_t *op, void *block) {
    if (op->to_is_shared)
        atomic_store_explicit(&replay->shared[op->to], block == NULL ? FAILED : block,
                              memory_order_release);
    else
        slots[op->to] = block;
}

static inline void *call_new(plan_kind_t kind, unsigned align_shift, size_t bytes, void *old) {
    switch (kind) {
    case PLAN_CALLOC:
        return calloc(1, bytes);
    case PLAN_ALIGNED:
        return memalign((size_t)1 << align_shift, bytes);
    case PLAN_REALLOC:
        return old == NULL ? malloc(bytes) : realloc(old, bytes);
    default:
        return malloc(bytes);
    }
}

static const latency_kind_t latency_kinds[] = {[PLAN_MALLOC] = LATENCY_MALLOC,
                                               [PLAN_CALLOC] = LATENCY_CALLOC,
                                               [PLAN_ALIGNED] = LATENCY_ALIGNED,
                                               [PLAN_REALLOC] = LATENCY_REALLOC};

/* What sets the kinds of runs apart; constant in each loop. */
typedef struct manner {
    touch_t touch;
    bool latency, verify;
} manner_t;

static __attribute__((noinline)) void count_failure(worker_t *worker, plan_kind_t kind,
                                                    size_t bytes, void *old) {
    worker->null_returns++;
    worker->checksum -= plan_checksum(kind, bytes);
    free(old);
}

typedef struct request {
    plan_kind_t kind; /* constant where speed counts */
    unsigned align_shift;
    size_t bytes, old_bytes;
    void *old; /* of realloc */
} request_t;

static inline __attribute__((always_inline)) void *make(worker_t *worker, request_t want,
                                                        manner_t manner) {
    size_t kept = want.old == NULL ? 0 : want.old_bytes < want.bytes ? want.old_bytes : want.bytes;
    unsigned char old_pattern = manner.verify ? pattern_of(want.old) : 0;
    if (manner.verify && want.old != NULL)
        expect_bytes(want.old, old_pattern, want.old_bytes, "before realloc");

    uint64_t before = manner.latency ? clock_ticks() : 0;
    void *block = call_new(want.kind, want.align_shift, want.bytes, want.old);
    if (manner.latency)
        latency_add(worker->latency, latency_kinds[want.kind], want.bytes, clock_ticks() - before);

    if (__builtin_expect(block == NULL, 0)) {
        count_failure(worker, want.kind, want.bytes, want.old);
    } else if (manner.verify) {
        verify_new(block, want.kind, want.align_shift, want.bytes);
        expect_bytes(block, old_pattern, kept, "after realloc");
        memset(block, pattern_of(block), want.bytes);
    } else {
        touch_range(manner.touch, block, kept, want.bytes);
    }
    return block;
}

static inline __attribute__((always_inline)) void end(worker_t *worker, void *block, size_t bytes,
                                                      manner_t manner) {
    /* The measured loop leaves the question to the allocator. */
    if ((manner.verify || manner.latency) && block == NULL)
        return;
    if (manner.verify)
        expect_bytes(block, pattern_of(block), bytes, "before free");
    uint64_t before = manner.latency ? clock_ticks() : 0;
    free(block);
    if (manner.latency)
        latency_add(worker->latency, LATENCY_FREE, bytes, clock_ticks() - before);
}

/* ---- what stands between the operations ---- */

/* The first to come says when the round began. */
static uint64_t start_of_round(replay_t *replay) {
    uint64_t now = clock_ns(), start = 0;
    return atomic_compare_exchange_strong(&replay->start_ns, &start, now) ? now : start;
}

static __attribute__((noinline)) void wait_until(replay_t *replay, worker_t *worker, uint64_t ns) {
    uint64_t due = start_of_round(replay) + ns;
    struct timespec time = {.tv_sec = (time_t)(due / 1000000000),
                            .tv_nsec = (long)(due % 1000000000)};
    while (clock_ns() < due)
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
    histogram_add(worker->late, clock_ns() - due);
}

static __attribute__((noinline)) void change_epoch(replay_t *replay, worker_t *worker,
                                                   uint32_t epoch) {
    if (worker->epoch != PACE_NO_EPOCH)
        pace_leave(&replay->pace, worker->epoch);
    worker->epoch = epoch;
    if (epoch != PACE_NO_EPOCH)
        pace_enter(&replay->pace, epoch);
}

static void control(replay_t *replay, worker_t *worker, const plan_item_t *item) {
    if (item->kind == PLAN_MARK) {
        if (worker->notes_marks)
            worker->ticks[worker->mark++] = clock_ticks_loose();
    } else if (item->kind == PLAN_EPOCH) {
        change_epoch(replay, worker, item->bytes);
    } else {
        wait_until(replay, worker, item->ns);
    }
}

/* ---- rounds ---- */

static __attribute__((noinline)) void play_long(replay_t *replay, worker_t *worker,
                                                const plan_long_t *op, manner_t manner) {
    void **slots = worker->slots;
    bool uses_block = op->kind == PLAN_REALLOC || op->kind == PLAN_FREE;
    request_t want = {.kind = op->kind,
                      .align_shift = op->align_shift,
                      .bytes = op->bytes,
                      .old_bytes = op->old_bytes,
                      .old = uses_block ? take(replay, slots, op) : NULL};
    if (op->kind == PLAN_FREE)
        end(worker, want.old, op->bytes, manner);
    else
        put(replay, slots, op, make(worker, want, manner));
}

/* malloc and free are nearly all there is, so they are asked for first. */
static inline __attribute__((always_inline)) void play(replay_t *replay, unsigned member,
                                                       manner_t manner) {
    const plan_thread_t *thread = &replay->plan.threads[member];
    const plan_long_t *next_long = thread->longs;
    worker_t *worker = &replay->workers[member];
    void **slots = worker->slots;
    worker->epoch = PACE_NO_EPOCH;
    worker->mark = 0;
    for (const plan_item_t *item = thread->items;; item++) {
        /* The plan, and tables of slots, may be larger than the caches near to the processor; to
         * wait for them is not the allocator's time. */
        __builtin_prefetch(&item[PLAN_FETCHED]);
        __builtin_prefetch(&slots[item[PLAN_AHEAD].slot], 1);
        request_t want = {.kind = item->kind, .bytes = item->bytes};
        if (want.kind == PLAN_MALLOC) {
            slots[item->slot] = make(worker, want, manner);
        } else if (item->kind == PLAN_FREE) {
            end(worker, slots[item->slot], item->bytes, manner);
        } else if (item->kind == PLAN_CALLOC) {
            want.kind = PLAN_CALLOC;
            slots[item->slot] = make(worker, want, manner);
        } else if (item->kind == PLAN_ALIGNED) {
            want = (request_t){.kind = PLAN_ALIGNED,
                               .bytes = item->aligned_bytes,
                               .align_shift = item->align_shift};
            slots[item->slot] = make(worker, want, manner);
        } else if (item->kind == PLAN_LONG) {
            play_long(replay, worker, next_long++, manner);
        } else if (item->kind == PLAN_END) {
            break;
        } else {
            control(replay, worker, item);
        }
    }
    change_epoch(replay, worker, PACE_NO_EPOCH);
    worker->ops += thread->ops;
    worker->checksum += thread->checksum;
}

static void free_leftovers(replay_t *replay, unsigned member, bool latency) {
    const plan_thread_t *thread = &replay->plan.threads[member];
    worker_t *worker = &replay->workers[member];
    manner_t manner = {.latency = latency, .verify = replay->options.verify};
    for (uint64_t i = 0; i < thread->leftover_count; i++) {
        const plan_leftover_t *leftover = &thread->leftovers[i];
        end(worker, worker->slots[leftover->slot], leftover->bytes, manner);
    }
}

static void next_round(replay_t *replay, unsigned member) {
    free_leftovers(replay, member, replay->options.latency);
    replay->workers[member].ops += replay->plan.threads[member].leftover_count;
    if (replay->options.recorded)
        memset(replay->workers[member].late, 0, sizeof(histogram_t));
    if (replay->plan.thread_count == 1) {
        replay->start_ns = 0;
        return;
    }
    pthread_barrier_wait(&replay->rounds);
    if (member == 0) {
        replay->start_ns = 0;
        pace_reset(&replay->pace);
    }
    pthread_barrier_wait(&replay->rounds);
}

static void run(void *context, unsigned member) {
    replay_t *replay = context;
    const replay_options_t *options = &replay->options;
    for (uint64_t round = 0; round < options->loop; round++) {
        if (replay->workers[member].rounds++ > 0)
            next_round(replay, member);
        replay->workers[member].notes_marks = round + 1 == options->loop;
        /* One loop for each kind of run, so that the measured one tests nothing it need not. */
        if (options->verify)
            play(replay, member, (manner_t){TOUCH_WHOLE, false, true});
        else if (options->latency)
            play(replay, member, (manner_t){options->touch, true, false});
        else if (options->touch == TOUCH_FIRST)
            play(replay, member, (manner_t){TOUCH_FIRST, false, false});
        else if (options->touch == TOUCH_PAGE)
            play(replay, member, (manner_t){TOUCH_PAGE, false, false});
        else
            play(replay, member, (manner_t){TOUCH_WHOLE, false, false});
    }
}

static void drain(void *context, unsigned member) {
    free_leftovers(context, member, false);
}

/* Of what the trace leaves alive, while no thread works. */
static uint64_t live_page_bytes(const replay_t *replay) {
    live_pages_t pages;
    uint64_t blocks = 0;
    for (uint32_t t = 0; t < replay->plan.thread_count; t++)
        blocks += replay->plan.threads[t].leftover_count;
    live_pages_open(&pages, blocks, replay->plan.leftover_bytes);
    for (uint32_t t = 0; t < replay->plan.thread_count; t++) {
        const plan_thread_t *thread = &replay->plan.threads[t];
        for (uint64_t i = 0; i < thread->leftover_count; i++) {
            const plan_leftover_t *leftover = &thread->leftovers[i];
            live_pages_add(&pages, replay->workers[t].slots[leftover->slot], leftover->bytes);
        }
    }
    return live_pages_close(&pages);
}

static void look(void *context, memory_point_t point) {
    replay_t *replay = context;
    if (replay->options.recorded && point == MEMORY_BASE)
        resident_mean_begin();
    if (replay->options.recorded && point == MEMORY_STEADY)
        replay->mean_bytes = resident_mean_end();
    if (replay->held == NULL)
        return;
    held_note(replay->held, point == MEMORY_BASE ? HELD_BASE : HELD_PEAK);
    if (point == MEMORY_STEADY)
        replay->held->live_page_bytes = live_page_bytes(replay);
}

static team_tally_t tally(void *context) {
    const replay_t *replay = context;
    team_tally_t out = {0};
    for (uint32_t t = 0; t < replay->plan.thread_count; t++) {
        const worker_t *worker = &replay->workers[t];
        out.ops += worker->ops;
        out.checksum += worker->checksum * (2 * (uint64_t)t + 1);
        out.null_returns += worker->null_returns;
    }
    return out;
}

/* ---- before and after ---- */

static void prepare(replay_t *replay) {
    const plan_t *plan = &replay->plan;
    replay->shared = arena_alloc(plan->shared_slot_count, sizeof *replay->shared);
    replay->workers = arena_alloc(plan->thread_count, sizeof *replay->workers);
    pace_open(&replay->pace, plan->epoch_threads, plan->epoch_count);
    pthread_barrier_init(&replay->rounds, NULL, plan->thread_count);
    if (replay->options.recorded)
        resident_mean_open();
    if (replay->options.until_peak)
        replay->held = arena_alloc(1, sizeof *replay->held);
    for (uint32_t t = 0; t < plan->thread_count; t++) {
        worker_t *worker = &replay->workers[t];
        worker->slots = arena_alloc(plan->threads[t].slot_count, sizeof *worker->slots);
        worker->ticks = arena_alloc(plan->threads[t].mark_count, sizeof *worker->ticks);
        if (replay->options.recorded)
            worker->late = arena_alloc(1, sizeof(histogram_t));
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

/* ---- how near to the trace ---- */

static void add_late(const replay_t *replay, buffer_t *json, buffer_t *text) {
    histogram_t *late = replay->workers[0].late;
    for (uint32_t t = 1; t < replay->plan.thread_count; t++)
        histogram_merge(late, replay->workers[t].late);
    uint64_t p50 = histogram_quantile(late, 0.5), p99 = histogram_quantile(late, 0.99);
    buffer_add(json,
               ",\"late\":{\"waits\":%" PRIu64 ",\"p50_ns\":%" PRIu64 ",\"p99_ns\":%" PRIu64
               ",\"max_ns\":%" PRIu64 "}",
               late->total, p50, p99, late->max);
    buffer_add(text,
               "late      p50 %.1f  p99 %.1f  max %.1f us after the recorded time, %" PRIu64
               " waits\n",
               (double)p50 / 1e3, (double)p99 / 1e3, (double)late->max / 1e3, late->total);
}

static void add_mean(const replay_t *replay, const sample_t *sample, buffer_t *json,
                     buffer_t *text) {
    int64_t mean = (int64_t)(replay->mean_bytes - sample->rss_anon_base_bytes);
    buffer_add(json, ",\"rss_anon_mean_bytes\":%" PRId64, mean);
    buffer_add(text, "resident  %.2f MiB in the mean over the time of the replay\n",
               (double)mean / 1048576);
}

static double share(uint64_t part, uint64_t whole) {
    return whole == 0 ? 0 : 100 * (double)part / (double)whole;
}

static void add_order(const replay_t *replay, buffer_t *json, buffer_t *text) {
    const plan_t *plan = &replay->plan;
    uint64_t **ticks = arena_alloc(plan->thread_count, sizeof *ticks);
    order_t order = {.peak_live_bytes = plan->peak_live_bytes};
    for (uint32_t t = 0; t < plan->thread_count; t++)
        ticks[t] = replay->workers[t].ticks;
    if (plan->thread_count > 1)
        order_read(plan, ticks, &order);
    arena_free(ticks, plan->thread_count, sizeof *ticks);
    buffer_add(json,
               ",\"order\":{\"bound_events\":%" PRIu64 ",\"p50_events\":%" PRIu64
               ",\"p99_events\":%" PRIu64 ",\"max_events\":%" PRIu64
               ",\"replayed_peak_bytes\":%" PRIu64 ",\"live_error_mean_bytes\":%" PRIu64
               ",\"live_error_max_bytes\":%" PRIu64 "}",
               order.bound, order.behind_p50, order.behind_p99, order.behind_max,
               order.peak_live_bytes, order.live_error_mean, order.live_error_max);
    if (plan->thread_count == 1) {
        buffer_add(text, "order     that of the trace: one thread\n");
        return;
    }
    buffer_add(text,
               "order     events out of the trace's order by p50 %" PRIu64 "  p99 %" PRIu64
               "  max %" PRIu64 ", at most %" PRIu64 "\n",
               order.behind_p50, order.behind_p99, order.behind_max, order.bound);
    buffer_add(text,
               "live      peak %.1f MiB, %.1f %% of the trace's; off by %.2f %% in the mean, "
               "%.1f %% at most\n",
               (double)order.peak_live_bytes / 1048576,
               share(order.peak_live_bytes, plan->peak_live_bytes),
               share(order.live_error_mean, plan->peak_live_bytes),
               share(order.live_error_max, plan->peak_live_bytes));
}

static void add_fidelity(const replay_t *replay, sample_t *sample) {
    static buffer_t json, text;
    add_order(replay, &json, &text);
    if (replay->options.recorded) {
        add_late(replay, &json, &text);
        add_mean(replay, sample, &json, &text);
    }
    if (replay->held != NULL)
        held_write(replay->held, &json, &text);
    sample->more_json = json.bytes;
    sample->more_text = text.bytes;
}

static void describe(const replay_options_t *options, const trace_t *trace, sample_t *sample) {
    sample->workload = "hakreplay";
    sample_param_text(sample, "trace", options->trace);
    sample_param_number(sample, "trace_crc32c", trace->crc);
    sample_param_number(sample, "trace_events", trace->event_count);
    sample_param_text(sample, "touch", options->verify ? "whole" : touch_name(options->touch));
    sample_param_number(sample, "loop", options->loop);
    sample_param_number(sample, "verify", options->verify);
    /* Named when it is not the usual: samples of before stay comparable. */
    if (options->recorded)
        sample_param_text(sample, "speed", "recorded");
    sample->of_memory_only = options->recorded;
    if (options->until_peak)
        sample_param_text(sample, "until", "peak");
    if (options->window > 0)
        sample_param_number(sample, "window", options->window);
}

static void load(const replay_options_t *options, trace_t *trace) {
    trace_error_t error = {.text = ""};
    if (!trace_load(options->trace, trace, &error))
        die("%s", error.text);
    if (trace->thread_count == 0 || trace->thread_count > TEAM_MEMBERS_MAX)
        die("%s: %u threads, a replay can have 1 to %d", options->trace, trace->thread_count,
            TEAM_MEMBERS_MAX);
    if (options->recorded && trace->times == NULL)
        die("%s: has no times, --speed=recorded needs them", options->trace);
    if (options->until_peak) {
        trace_cut_to(trace, trace->peak_event + 1);
        if (!trace_count(trace, &error))
            die("%s: %s", options->trace, error.text);
    }
}

int main(int argc, char **argv) {
    static replay_t replay = {.options = {.touch = TOUCH_PAGE, .loop = 1}};
    static sample_t sample;
    trace_t trace;
    replay_options_parse(argc, argv, &replay.options);
    load(&replay.options, &trace);
    describe(&replay.options, &trace, &sample);
    uint64_t window = replay.options.window;
    plan_options_t options = {.epoch_events = window > 0 ? (uint32_t)window / 2 : PLAN_EPOCH_EVENTS,
                              .timed = replay.options.recorded};
    plan_make(&trace, options, &replay.plan);
    trace_unload(&trace);
    prepare(&replay);
    if (replay.options.latency)
        sample.clock = clock_calibrate();
    team_job_t job = {.context = &replay, .run = run, .drain = drain, .look = look, .tally = tally};
    team_measure(&job, replay.plan.thread_count, &sample);
    collect(&replay, &sample);
    add_fidelity(&replay, &sample);
    sample_report(&sample, replay.options.result);
    return 0;
}
