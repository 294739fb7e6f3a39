/*
 * rss.c - a generated workload: what stays resident of shapes that people reported.
 *
 * --shape is one of these; what is said of sizes and numbers is so at --percent=100, and less in
 * proportion below. Each ends in the state of which the steady reading is taken; the peak is that
 * of the whole run. Time is not what is measured, and most of it is silence (2 s, or as said).
 *
 *   lone-512, lone-64   one block of 512 (64) MiB, written and freed; silence; 50 small calls
 *   large-idle    400 MiB live, 960 MiB of blocks of 8 MiB freed; silence; 1,000 small calls, and a
 *                 few big ones a second apart
 *   small-idle    400 MiB live, 430 MiB of blocks of 900 B freed; silence; 1,000 small calls
 *   idle-threads  1,500 threads, each of which used 200 blocks of up to 4 KiB; 1 s of silence
 *   many-threads  10,000 threads, of 4 blocks of up to 200 B; likewise
 *   array         an array of 300 MiB that grows by a tenth eight times, beside new neighbours
 *   arrays        four arrays that grow by half in turn, up to 100 MiB
 *   doubling      sizes that double from phase to phase, from 32 … 64 B to 1 … 2 KiB: in each, half
 *                 of 300,000 slots' empty ones are filled and three quarters emptied; 1 s of
 *                 silence; 100 small calls
 *   appends       a million times up to 96 bytes to the end of one of 50,003 strings in turn; if it
 *                 is too short, it grows to what it needs and a quarter, as in Perl
 *   vectors       eight threads of 50 vectors that grow by an eighth on average, up to 300 KB
 *   calloc        1 GiB by calloc, two bytes of it written, freed: four times
 *
 * The work and the checksum depend on the parameters and the seed alone.
 */
#include "common/arena.h"
#include "common/draw.h"
#include "common/generator.h"
#include "common/idle.h"

enum { MIB = 1 << 20, SILENCE_MS = 2000, VECTORS = 50, VECTOR_BYTES_MAX = 300000, STRINGS = 50003 };

static struct {
    uint64_t percent;
    unsigned shape;
} options;

typedef struct state {
    worker_t worker;
    block_t *slots; /* what is live */
    idle_threads_t *threads;
    uint32_t made;
} state_t;

typedef struct shape {
    const char *name;
    uint32_t slots;
    worker_part_t *fill, *run;
    uint32_t idle_threads, thread_blocks, thread_bytes; /* each uses so many, up to that size */
    uint32_t team_threads;                              /* that work at once; 0 stands for one */
} shape_t;
static const shape_t shapes[];

/* As much of it as --percent says, at least one. */
static uint32_t scaled(uint64_t full) {
    uint64_t part = full * options.percent / 100;
    return part > 0 ? (uint32_t)part : 1;
}

static void rest(unsigned full_ms) {
    clock_sleep_ms(scaled(full_ms));
}

static block_t make(state_t *state, uint32_t bytes) {
    ledger_t *ledger = state->worker.ledger;
    block_t block = ledger_obtain(ledger, bytes, state->made++, generator_options.touch,
                                  generator_options.latency);
    ledger_note_peak(ledger);
    return block;
}

static void drop(state_t *state, block_t *block) {
    ledger_release(state->worker.ledger, *block, generator_options.latency);
    *block = (block_t){.start = NULL};
}

static void grow(state_t *state, block_t *block, uint32_t bytes) {
    if (block->start == NULL)
        *block = make(state, bytes);
    else
        ledger_resize(state->worker.ledger, block, bytes, generator_options.touch,
                      generator_options.latency);
    ledger_note_peak(state->worker.ledger);
}

/* Makes and frees a block, so many times: calls on which an allocator may look after its memory. */
static void call(state_t *state, uint32_t times, uint32_t bytes) {
    for (uint32_t i = 0; i < times; i++) {
        block_t block = make(state, bytes);
        drop(state, &block);
    }
}

/* Fills the slots from `first` on. */
static void fill_slots(state_t *state, uint32_t first, uint32_t count, uint32_t bytes) {
    for (uint32_t i = 0; i < count; i++)
        state->slots[first + i] = make(state, bytes);
}

static void make_and_drop(state_t *state, uint32_t first, uint32_t count, uint32_t bytes) {
    fill_slots(state, first, count, bytes);
    for (uint32_t i = 0; i < count; i++)
        drop(state, &state->slots[first + i]);
}

static void lone(state_t *state, uint32_t mib) {
    make_and_drop(state, 0, 1, scaled((uint64_t)mib * MIB));
    rest(SILENCE_MS);
    for (uint32_t i = 0; i < 50; i++)
        call(state, 1, 100 + 50 * i);
}

static void lone_512(void *worker) {
    lone(worker, 512);
}

static void lone_64(void *worker) {
    lone(worker, 64);
}

static void fill_50_large(void *worker) {
    fill_slots(worker, 0, 50, scaled(8 * MIB));
}

static void large_idle(void *worker) {
    make_and_drop(worker, 50, 120, scaled(8 * MIB));
    rest(SILENCE_MS);
    call(worker, 1000, 100);
    for (unsigned i = 0; i < 2; i++) {
        rest(SILENCE_MS / 2 * i);
        call(worker, 1, 100000);
        call(worker, 1, scaled(9 * MIB));
    }
}

static void small_idle(void *worker) {
    make_and_drop(worker, 50, scaled(500000), 900);
    rest(SILENCE_MS);
    call(worker, 1000, 100);
}

/* One thread works at a time: the ledger is its own meanwhile. */
static void use_blocks(void *context, uint32_t number) {
    state_t *state = context;
    const shape_t *shape = &shapes[options.shape];
    (void)number;
    for (uint32_t i = 0; i < shape->thread_blocks; i++)
        state->slots[i] = make(state, draw_uniform(&state->worker.rng, 1, shape->thread_bytes));
    for (uint32_t i = 0; i < shape->thread_blocks; i++)
        drop(state, &state->slots[i]);
}

static void idle(void *worker) {
    const state_t *state = worker;
    idle_work(state->threads);
    rest(SILENCE_MS / 2);
}

static void array(void *worker) {
    state_t *state = worker;
    block_t *growing = &state->slots[0];
    *growing = make(state, scaled(300 * MIB));
    state->slots[1] = make(state, scaled(40 * MIB));
    for (uint32_t i = 0; i < 8; i++) {
        grow(state, growing, growing->bytes + growing->bytes / 10);
        state->slots[2 + i] = make(state, scaled(10 * MIB));
    }
}

static void arrays(void *worker) {
    state_t *state = worker;
    for (uint32_t round = 0; round < 34; round++) {
        for (uint32_t i = 0; i < 4; i++) {
            block_t *own = &state->slots[i];
            uint32_t bytes = own->bytes < 4096 ? 4096 : own->bytes / 2 * 3;
            if (bytes <= scaled(100 * MIB))
                grow(state, own, bytes);
        }
    }
}

static void doubling(void *worker) {
    state_t *state = worker;
    rng_t *rng = &state->worker.rng;
    uint32_t slots = scaled(300000);
    for (uint32_t bytes = 32; bytes <= 1024; bytes *= 2) {
        for (uint32_t i = 0; i < slots; i++) {
            if (state->slots[i].start == NULL && rng_below(rng, 2) != 0)
                state->slots[i] = make(state, draw_uniform(rng, bytes, 2 * bytes - 1));
        }
        for (uint32_t i = 0; i < slots; i++) {
            if (state->slots[i].start != NULL && rng_below(rng, 4) != 0)
                drop(state, &state->slots[i]);
        }
    }
    rest(SILENCE_MS / 2);
    call(state, 100, 50);
}

static void appends(void *worker) {
    state_t *state = worker;
    uint32_t strings = scaled(STRINGS), times = scaled(1000000);
    uint32_t *lengths = arena_alloc(strings, sizeof *lengths);
    for (uint32_t i = 0; i < times; i++) {
        block_t *own = &state->slots[i % strings];
        uint32_t length = lengths[i % strings] += i % 97;
        if (length > own->bytes)
            grow(state, own, length + length / 4 + 10);
    }
}

static void vectors(void *worker) {
    state_t *state = worker;
    rng_t *rng = &state->worker.rng;
    for (uint32_t round = scaled(30); round > 0; round--) {
        for (uint32_t step = 0; step < 3000; step++) {
            block_t *own = &state->slots[rng_below(rng, VECTORS)];
            grow(state, own, own->bytes + draw_uniform(rng, 1, own->bytes / 4 + 64));
            if (own->bytes > VECTOR_BYTES_MAX)
                drop(state, own);
        }
        for (uint32_t i = 0; i < VECTORS; i++)
            drop(state, &state->slots[i]);
    }
}

static void sparse_calloc(void *worker) {
    state_t *state = worker;
    ledger_t *ledger = state->worker.ledger;
    for (uint32_t i = 0; i < 4; i++) {
        block_t block = {.bytes = scaled(1024 * (uint64_t)MIB), .stamp = i};
        block.start = calloc(1, block.bytes);
        ledger_enter(ledger, &block, TOUCH_FIRST);
        ledger_note_peak(ledger);
        if (block.start != NULL)
            block.start[block.bytes / 2] = 1;
        drop(state, &block);
    }
}

static const shape_t shapes[] = {
    {"lone-512", 1, NULL, lone_512, 0, 0, 0, 0},
    {"lone-64", 1, NULL, lone_64, 0, 0, 0, 0},
    {"large-idle", 170, fill_50_large, large_idle, 0, 0, 0, 0},
    {"small-idle", 500050, fill_50_large, small_idle, 0, 0, 0, 0},
    {"idle-threads", 200, NULL, idle, 1500, 200, 4096, 0},
    {"many-threads", 4, NULL, idle, 10000, 4, 200, 0},
    {"array", 10, NULL, array, 0, 0, 0, 0},
    {"arrays", 4, NULL, arrays, 0, 0, 0, 0},
    {"doubling", 300000, NULL, doubling, 0, 0, 0, 0},
    {"appends", STRINGS, NULL, appends, 0, 0, 0, 0},
    {"vectors", VECTORS, NULL, vectors, 0, 0, 0, 8},
    {"calloc", 1, NULL, sparse_calloc, 0, 0, 0, 0},
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static void begin(void) {
    if (shapes[options.shape].team_threads > 0)
        generator_options.threads = shapes[options.shape].team_threads;
}

static void prepare(void *worker) {
    state_t *state = worker;
    const shape_t *shape = &shapes[options.shape];
    state->slots = arena_alloc(shape->slots, sizeof *state->slots);
    if (shape->idle_threads > 0)
        state->threads = idle_start(scaled(shape->idle_threads), use_blocks, state);
}

static void fill(void *worker) {
    if (shapes[options.shape].fill != NULL)
        shapes[options.shape].fill(worker);
}

static void run(void *worker) {
    shapes[options.shape].run(worker);
}

static void drain(void *worker) {
    state_t *state = worker;
    ledger_release_all(state->worker.ledger, state->slots, shapes[options.shape].slots);
    if (state->threads != NULL)
        idle_end(state->threads);
}

static void describe(sample_t *sample) {
    sample->of_memory_only = true;
}

int main(int argc, char **argv) {
    static const char *names[SHAPES + 1];
    for (unsigned i = 0; i < SHAPES; i++)
        names[i] = shapes[i].name;
    static const cli_number_t numbers[] = {
        {"percent", "PERCENT", "of the full sizes, numbers and rests", &options.percent, 100, 1,
         100, false},
        GENERATOR_SEED("of sizes"),
    };
    static const cli_choice_t choices[] = {
        {"shape", "what is done", names, &options.shape, 0},
    };
    static const generator_t generator = {
        .name = "rss",
        .about = "Memory that stays resident in situations from bug reports.",
        GENERATOR_NUMBERS(numbers),
        GENERATOR_CHOICES(choices),
        .touch = TOUCH_PAGE,
        GENERATOR_PARTS,
        .begin = begin,
        .fill = fill,
        .describe = describe};
    return generator_main(&generator, argc, argv);
}
