/*
 * learning.c - what the allocator in LD_PRELOAD wastes inside blocks, all the while: of a trace, or
 * of a program whose sizes change. lab/studies/learnt.sh compares tables of classes by it.
 *
 *   learning TRACE      its calls in their order, on one thread
 *   learning planted [SERIES]   20 MiB of blocks of 33,000 … 33,100 bytes, replaced at random; then
 *                       of 45,200, of 5,200 and of 33,000 bytes again
 *   learning small      4 MiB of blocks of 16 … 1,000 bytes, replaced at random: nothing to learn
 *
 * Counted are requests of 1,025 bytes to 2 MiB. A line of JSON: "waste", usable less requested
 * bytes of what is alive, summed over all operations, and "live", the same of requested bytes; so
 * that their ratio is the waste on the mean over the run. "peak" is of anonymous resident memory;
 * of every block a byte in each page is written. Of the planted program also "reaction_ms": from
 * each change on, until the last 64 requests of the new size wasted at most 1 %; null: never.
 * SERIES is a CSV file: `operations` and `ms` since the start, the `phase` from 0, and `requested`
 * and `waste` bytes of what is alive then; a row each 32,768 operations.
 *
 * Nothing is random but by a fixed seed.
 */
#include "common/arena.h"
#include "common/resident.h"
#include "common/touch.h"
#include "shared/die.h"
#include "trace/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    LEAST = 1025,
    MOST = 2 << 20,
    LIVE_BYTES = 20 << 20,
    PHASES = 4,
    PHASE_OPERATIONS = 8000000,
    RUN = 64,
    SERIES_EVERY = 32768
};

typedef struct block {
    void *at;
    size_t bytes;
    size_t usable;
} block_t;

static struct {
    uint64_t live, waste;       /* now */
    double live_sum, waste_sum; /* over operations */
    uint64_t operations;
} sums;

static bool counts(const block_t *block) {
    return block->at != NULL && block->bytes >= LEAST && block->bytes <= MOST;
}

static void count_out(const block_t *block) {
    if (counts(block)) {
        sums.live -= block->bytes;
        sums.waste -= block->usable - block->bytes;
    }
}

static void count_in(block_t *block) {
    if (block->at == NULL)
        die("an allocation of %zu bytes failed", block->bytes);
    block->usable = malloc_usable_size(block->at);
    if (counts(block)) {
        sums.live += block->bytes;
        sums.waste += block->usable - block->bytes;
    }
}

static void count_operation(void) {
    sums.operations++;
    sums.live_sum += (double)sums.live;
    sums.waste_sum += (double)sums.waste;
}

static void *make(const trace_event_t *event) {
    switch ((trace_op_t)event->op) {
    case TRACE_CALLOC:
        return calloc(1, event->bytes);
    case TRACE_ALIGNED:
        return memalign((size_t)1 << event->align_shift, event->bytes);
    default:
        return malloc(event->bytes);
    }
}

static void play(const trace_event_t *event, block_t *block) {
    trace_op_t op = (trace_op_t)event->op;
    if (!trace_op_has_size(op) && op != TRACE_FREE)
        return;
    count_out(block);
    if (op == TRACE_FREE) {
        free(block->at);
        *block = (block_t){NULL, 0, 0};
    } else {
        size_t before = block->at == NULL ? 0 : block->bytes;
        void *at = op == TRACE_REALLOC ? realloc(block->at, event->bytes) : make(event);
        *block = (block_t){at, event->bytes, 0};
        count_in(block);
        touch_range(TOUCH_PAGE, at, before, event->bytes);
    }
    count_operation();
}

static void play_trace(const char *path) {
    trace_t trace;
    trace_error_t error;
    if (!trace_load(path, &trace, &error))
        die("%s", error.text);
    block_t *blocks = arena_alloc(trace.block_count, sizeof *blocks);
    resident_reset_peak();
    for (uint64_t i = 0; i < trace.event_count; i++)
        play(&trace.events[i], &blocks[trace.events[i].block]);
}

static double now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static uint64_t draw(void) {
    static uint64_t state = 1;
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return state >> 33;
}

static struct {
    FILE *file; /* NULL: it is not asked for */
    double start_ms;
} series;

static void series_open(const char *path) {
    series.file = fopen(path, "we");
    if (series.file == NULL)
        die("%s: %s", path, strerror(errno));
    series.start_ms = now_ms();
    fputs("operations,ms,phase,requested,waste\n", series.file);
}

static void series_note(unsigned phase) {
    if (series.file != NULL && sums.operations % SERIES_EVERY == 0)
        fprintf(series.file, "%" PRIu64 ",%.3f,%u,%" PRIu64 ",%" PRIu64 "\n", sums.operations,
                now_ms() - series.start_ms, phase, sums.live, sums.waste);
}

static void series_close(const char *path) {
    if (series.file != NULL && fclose(series.file) != 0)
        die("%s: %s", path, strerror(errno));
}

static void replace(block_t *block, size_t bytes) {
    count_out(block);
    free(block->at);
    *block = (block_t){malloc(bytes), bytes, 0};
    count_in(block);
    touch_block(TOUCH_PAGE, block->at, bytes);
    count_operation();
}

/* Blocks of the phase before give way to new ones one by one. When the sizes are learnt; < 0: they
 * were not. */
static double play_phase(block_t *blocks, size_t count, size_t old_count, size_t bytes,
                         unsigned phase) {
    double start = now_ms(), reaction = -1;
    uint64_t asked = 0, wasted = 0, in_run = 0;
    for (size_t i = 0; i < PHASE_OPERATIONS; i++) {
        block_t *block = &blocks[i < count ? i : draw() % count];
        replace(block, bytes + draw() % 101);
        series_note(phase);
        if (i < old_count && i + count < old_count) {
            count_out(&blocks[i + count]);
            free(blocks[i + count].at);
            blocks[i + count] = (block_t){NULL, 0, 0};
        }
        asked += block->bytes;
        wasted += block->usable - block->bytes;
        if (++in_run == RUN) {
            if (reaction < 0 && wasted * 100 <= asked)
                reaction = now_ms() - start;
            asked = wasted = in_run = 0;
        }
    }
    return reaction;
}

static void play_planted(double reaction[PHASES]) {
    static const size_t sizes[PHASES] = {33000, 45200, 5200, 33000};
    block_t *blocks = arena_alloc(LIVE_BYTES / 5200 + 1, sizeof *blocks);
    size_t old_count = 0;
    resident_reset_peak();
    for (unsigned i = 0; i < PHASES; i++) {
        size_t count = LIVE_BYTES / sizes[i];
        reaction[i] = play_phase(blocks, count, old_count, sizes[i], i);
        old_count = count;
    }
}

static void play_small(void) {
    enum { BLOCKS = 8192, REPLACED = 1000000 };
    block_t *blocks = arena_alloc(BLOCKS, sizeof *blocks);
    resident_reset_peak();
    for (unsigned i = 0; i < REPLACED; i++)
        replace(&blocks[draw() % BLOCKS], 16 + draw() % 985);
}

int main(int argc, char **argv) {
    double reaction[PHASES];
    bool is_planted = argc > 1 && strcmp(argv[1], "planted") == 0;
    if (argc < 2 || argc > (is_planted ? 3 : 2) || argv[1][0] == '-') {
        fprintf(stderr, "usage: learning TRACE | planted [SERIES] | small\n");
        return 2;
    }
    if (argc == 3)
        series_open(argv[2]);
    if (is_planted)
        play_planted(reaction);
    else if (strcmp(argv[1], "small") == 0)
        play_small();
    else
        play_trace(argv[1]);
    if (argc == 3)
        series_close(argv[2]);
    printf("{\"operations\":%" PRIu64 ",\"waste\":%.0f,\"live\":%.0f,\"peak\":%" PRIu64,
           sums.operations, sums.waste_sum, sums.live_sum, resident_anon_peak_bytes());
    for (unsigned i = 0; is_planted && i < PHASES; i++) {
        printf(i == 0 ? ",\"reaction_ms\":[" : ",");
        if (reaction[i] < 0)
            printf("null");
        else
            printf("%.0f", reaction[i]);
    }
    puts(is_planted ? "]}" : "}");
    return 0;
}
