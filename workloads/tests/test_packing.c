/*
 * test_packing.c - on small random traces, the best of all packings is found by trying all: it is
 * never below the bound, and never above the packing; in all of these traces it is the bound.
 */
#include "cmocka_all.h"

#include "common/rng.h"
#include "packing/bound.h"
#include "packing/packing.h"

#include <string.h>

enum {
    BLOCKS = 5,
    EVENTS_MOST = 1 + 2 * BLOCKS,
    UNIT = 1,
    PAGE = 4,
    CASES = 300,
    SPACE_UNITS = 40
};

typedef struct sample {
    trace_event_t events[EVENTS_MOST];
    trace_t trace;
    uint64_t sizes[BLOCKS];
    bool live[EVENTS_MOST][BLOCKS]; /* behind each event */
} sample_t;

/* BLOCKS blocks of 1 to 6 units; some are never freed. */
static void draw(rng_t *rng, sample_t *out) {
    uint32_t made = 0, count = 1;
    bool live[BLOCKS] = {false};
    memset(out, 0, sizeof *out);
    out->events[0] = (trace_event_t){.op = TRACE_THREAD_START};
    while (made < BLOCKS || (count < EVENTS_MOST && rng_below(rng, 4) > 0)) {
        uint32_t block = (uint32_t)rng_below(rng, BLOCKS);
        if (made < BLOCKS && rng_below(rng, 3) > 0) {
            block = made++;
            out->sizes[block] = 1 + rng_below(rng, 6);
            out->events[count] =
                (trace_event_t){.op = TRACE_MALLOC, .block = block, .bytes = out->sizes[block]};
        } else if (live[block]) {
            out->events[count] = (trace_event_t){.op = TRACE_FREE, .block = block};
        } else {
            continue;
        }
        live[block] = !live[block];
        memcpy(out->live[count++], live, sizeof live);
    }
    out->trace = (trace_t){.events = out->events, .event_count = count};
    trace_error_t error = {.text = ""};
    assert_true(trace_count(&out->trace, &error));
}

static uint64_t pages_at(const sample_t *sample, const uint64_t *starts, uint32_t placed,
                         uint64_t event) {
    uint64_t pages = 0;
    for (uint32_t i = 0; i < placed; i++) {
        if (!sample->live[event][i])
            continue;
        for (uint64_t p = starts[i] / PAGE; p <= (starts[i] + sample->sizes[i] - 1) / PAGE; p++)
            pages |= UINT64_C(1) << p;
    }
    return (uint64_t)__builtin_popcountll(pages);
}

static bool are_both_live(const sample_t *sample, uint32_t a, uint32_t b) {
    for (uint64_t i = 0; i < sample->trace.event_count; i++) {
        if (sample->live[i][a] && sample->live[i][b])
            return true;
    }
    return false;
}

static bool overlaps(const sample_t *sample, const uint64_t *starts, uint32_t block) {
    for (uint32_t i = 0; i < block; i++) {
        if (starts[i] < starts[block] + sample->sizes[block] &&
            starts[block] < starts[i] + sample->sizes[i] && are_both_live(sample, i, block))
            return true;
    }
    return false;
}

/* All places of the blocks from `block` on; what is no better than `best` is not followed. Ten
 * pages hold five blocks of two pages or less each; the first may as well begin in the first. */
static uint64_t search(const sample_t *sample, uint64_t *starts, uint32_t block, uint64_t best) {
    uint64_t most = 0;
    for (uint64_t i = 0; i < sample->trace.event_count; i++) {
        uint64_t pages = pages_at(sample, starts, block, i);
        most = pages > most ? pages : most;
    }
    if (block == BLOCKS || most >= best)
        return most < best ? most : best;
    uint64_t end = block == 0 ? PAGE : SPACE_UNITS - sample->sizes[block] + 1;
    for (starts[block] = 0; starts[block] < end; starts[block]++) {
        if (!overlaps(sample, starts, block))
            best = search(sample, starts, block + 1, best);
    }
    return best;
}

static void the_best_packing_lies_between(void **state) {
    (void)state;
    unsigned at_bound = 0, at_packing = 0;
    rng_t rng;
    rng_seed(&rng, 1);
    for (unsigned i = 0; i < CASES; i++) {
        sample_t sample;
        uint64_t starts[BLOCKS];
        memory_bound_t bound;
        draw(&rng, &sample);
        bound_of_trace(&sample.trace, UNIT, PAGE, &bound);
        uint64_t packing = packing_of_trace(&sample.trace, UNIT, PAGE);
        uint64_t best = search(&sample, starts, 0, UINT64_MAX);
        assert_true(bound.pages <= best);
        assert_true(best <= packing);
        assert_int_equal(bound.live_bytes, sample.trace.peak_live_bytes);
        at_bound += bound.pages == best;
        at_packing += packing == best;
    }
    print_message("of %d: the bound is met in %u, the packing is best in %u\n", CASES, at_bound,
                  at_packing);
    assert_int_equal(at_bound, CASES);
    assert_true(at_packing > CASES * 8 / 10);
}

/* Sizes are rounded to units, blocks share pages, a realloc ends the old size, 0 is nothing. */
static void the_bound_is_worked_out_by_hand(void **state) {
    (void)state;
    trace_event_t events[] = {
        {.op = TRACE_THREAD_START},
        {.op = TRACE_MALLOC, .block = 0, .bytes = 2041},
        {.op = TRACE_MALLOC, .block = 1, .bytes = 2048},
        {.op = TRACE_MALLOC, .block = 2, .bytes = 0},
        {.op = TRACE_MALLOC, .block = 3, .bytes = 1},
        {.op = TRACE_REALLOC, .block = 1, .bytes = 40960},
        {.op = TRACE_FREE, .block = 0},
        {.op = TRACE_FREE, .block = 1},
    };
    static const uint64_t pages[] = {1, 1, 1, 2, 11, 11, 11}; /* up to each event */
    for (uint64_t count = 1; count <= 7; count++) {
        trace_t trace = {.events = events, .event_count = count + 1};
        trace_error_t error = {.text = ""};
        memory_bound_t bound;
        assert_true(trace_count(&trace, &error));
        bound_of_trace(&trace, BOUND_UNIT, BOUND_PAGE, &bound);
        assert_int_equal(bound.pages, pages[count - 1]);
        if (count == 7)
            assert_int_equal(bound.event, 5);
    }
}

/* A realloc that fits stays, and takes no second place while it is made. */
static void a_packing_grows_blocks_in_place(void **state) {
    (void)state;
    trace_event_t events[] = {
        {.op = TRACE_THREAD_START},
        {.op = TRACE_MALLOC, .block = 0, .bytes = 40960},
        {.op = TRACE_REALLOC, .block = 0, .bytes = 81920},
        {.op = TRACE_REALLOC, .block = 0, .bytes = 4096},
        {.op = TRACE_ALIGNED, .block = 1, .bytes = 8192, .align_shift = 13},
    };
    trace_t trace = {.events = events, .event_count = 5};
    trace_error_t error = {.text = ""};
    assert_true(trace_count(&trace, &error));
    assert_int_equal(packing_of_trace(&trace, PACKING_UNIT, BOUND_PAGE), 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_packing_lies_between),
        cmocka_unit_test(the_bound_is_worked_out_by_hand),
        cmocka_unit_test(a_packing_grows_blocks_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
