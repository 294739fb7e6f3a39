/*
 * test_classes.c - class tables: the program equals exhaustive search, its bound is a bound, and no
 * other way to choose sizes is better. Costs are random: block costs that fall, classes of unequal
 * cost, weights of any size.
 */
#include "cmocka_all.h"

#include "classes/program.h"
#include "classes/rules.h"
#include "common/rng.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES_MOST = 20, CASES = 4000 };

typedef struct sample {
    class_place_t places[PLACES_MOST];
    size_row_t own[PLACES_MOST];
    uint32_t count, own_count;
    class_problem_t problem;
} sample_t;

static uint64_t below(rng_t *rng, uint64_t limit) {
    return rng_below(rng, limit);
}

/* Places up to `most`, of which some have no sizes; one at least has. */
static void draw(rng_t *rng, uint32_t most, uint64_t wmax, sample_t *out) {
    uint64_t block = below(rng, 50), tails = below(rng, 3), fee = below(rng, 4);
    memset(out, 0, sizeof *out);
    out->count = 1 + (uint32_t)below(rng, most);
    for (uint32_t i = 0; i < out->count; i++) {
        uint64_t before = block;
        block += 1 + below(rng, 40);
        out->places[i] = (class_place_t){
            .block_bytes = block,
            .block_cost = (int64_t)(block * CLASS_FRACTION + (tails ? below(rng, 400) : 0)),
            .class_cost = (int64_t)(fee == 0 ? 0 : below(rng, fee == 1 ? 50 : 5000))};
        if (below(rng, 4) == 0 && !(i + 1 == out->count && out->own_count == 0))
            continue;
        out->own[out->own_count++] =
            (size_row_t){before + 1 + below(rng, block - before), 1 + (double)below(rng, 30)};
    }
    problem_of_places(out->places, out->count, out->own, out->own_count, wmax, &out->problem);
}

/* The cheapest of all subsets of at most `most` places. */
static int64_t search(const class_problem_t *problem, uint32_t most) {
    int64_t best = INT64_MAX;
    for (uint32_t set = 1; set < UINT32_C(1) << problem->count; set++) {
        uint32_t places[PLACES_MOST], count = 0;
        if ((uint32_t)__builtin_popcount(set) > most)
            continue;
        for (uint32_t i = 1; i <= problem->count; i++) {
            if (set >> (i - 1) & 1)
                places[count++] = i;
        }
        int64_t cost = table_evaluate(problem, places, count);
        best = cost < best ? cost : best;
    }
    return best;
}

static void check_case(rng_t *rng, uint32_t places_most, uint64_t wmax) {
    sample_t sample;
    class_table_t table;
    draw(rng, places_most, wmax, &sample);
    uint32_t most = 1 + (uint32_t)below(rng, 6);
    int64_t best = search(&sample.problem, most);
    bool solved = table_solve(&sample.problem, most, &table);
    assert_int_equal(solved, best != INT64_MAX);
    if (solved) {
        assert_int_equal(table.cost, best);
        assert_int_equal(table.evaluated, best);
        assert_true(table.count <= most);
        assert_int_equal(table.proof, PROOF_ALL_PAIRS);
        assert_int_equal(table.bound, best);
        table_free(&table);
    }
    problem_close(&sample.problem);
}

static void it_equals_exhaustive_search(void **state) {
    (void)state;
    rng_t rng;
    rng_seed(&rng, 1);
    for (unsigned i = 0; i < CASES; i++)
        check_case(&rng, 11, CLASS_NO_BOUND);
    for (unsigned i = 0; i < 20; i++)
        check_case(&rng, PLACES_MOST, CLASS_NO_BOUND);
}

static void it_does_so_within_wmax(void **state) {
    (void)state;
    rng_t rng;
    rng_seed(&rng, 2);
    for (unsigned i = 0; i < CASES; i++)
        check_case(&rng, 11, CLASS_RATIO_ONE * (105 + below(&rng, 150)) / 100);
    for (unsigned i = 0; i < 20; i++)
        check_case(&rng, PLACES_MOST, CLASS_RATIO_ONE * (105 + below(&rng, 150)) / 100);
}

static void the_fewest_are_the_fewest(void **state) {
    (void)state;
    rng_t rng;
    rng_seed(&rng, 3);
    for (unsigned i = 0; i < CASES; i++) {
        sample_t sample;
        uint32_t places[PLACES_MOST];
        uint64_t misfit = 0;
        draw(&rng, 10, CLASS_RATIO_ONE * (102 + below(&rng, 150)) / 100, &sample);
        uint32_t count = table_fewest(&sample.problem, places, &misfit);
        assert_int_equal(count == 0, misfit != 0);
        assert_int_equal(count == 0, search(&sample.problem, PLACES_MOST) == INT64_MAX);
        if (count > 0) {
            assert_true(table_evaluate(&sample.problem, places, count) != INT64_MAX);
            assert_true(count == 1 || search(&sample.problem, count - 1) == INT64_MAX);
        }
        problem_close(&sample.problem);
    }
}

/* Values that are not the program's, some too high: the bound is below the best table still. */
static void any_values_make_a_bound(void **state) {
    (void)state;
    rng_t rng;
    rng_seed(&rng, 4);
    for (unsigned i = 0; i < CASES; i++) {
        sample_t sample;
        int64_t rows[4][PLACES_MOST + 1];
        const int64_t *const by_layer[] = {rows[0], rows[1], rows[2], rows[3]};
        draw(&rng, 8, CLASS_NO_BOUND, &sample);
        for (unsigned k = 0; k < 4; k++) {
            for (uint32_t j = 0; j <= sample.count; j++)
                rows[k][j] = (int64_t)(below(&rng, 20000) * (4 - k));
            rows[k][0] = 0;
        }
        for (uint32_t j = 1; j <= sample.count; j++)
            rows[0][j] = STATE_NONE;
        int64_t bound = proof_all_pairs(&sample.problem, by_layer, 3, 3, INT64_MAX / 2);
        assert_true(bound <= search(&sample.problem, 3));
        problem_close(&sample.problem);
    }
}

/* ---- beside other ways, on every shipped trace ---- */

static unsigned strictly_better;

/* The best table of at most as many classes costs no more. */
static void check_no_better(const class_problem_t *problem, const class_table_t *other) {
    class_table_t best;
    if (other->evaluated == INT64_MAX)
        return; /* not within W_MAX, so no table to be compared */
    assert_true(table_solve(problem, other->count, &best));
    assert_int_equal(best.cost, best.evaluated);
    assert_int_equal(best.proof, PROOF_ALL_PAIRS);
    assert_int_equal(best.bound, best.cost);
    assert_true(best.cost <= other->evaluated);
    strictly_better += best.cost < other->evaluated;
    table_free(&best);
}

static void check_pool(const sizes_t *sizes, const class_layout_t *layout, uint64_t wmax) {
    class_problem_t problem;
    class_table_t table;
    problem_open(sizes, layout, 0, UINT64_MAX, wmax, &problem);
    if (problem.count == 0)
        return;
    for (unsigned i = 0; i < RULES; i++) {
        rule_apply(&problem, layout, &class_rules[i], &table);
        assert_true(table.evaluated != INT64_MAX); /* all rules are within these bounds */
        check_no_better(&problem, &table);
        table_free(&table);
    }
    for (uint32_t most = 4; most <= 64; most *= 4) {
        if (!greedy_solve(&problem, most, &table))
            continue;
        assert_true(table.count <= most && table.evaluated != INT64_MAX);
        check_no_better(&problem, &table);
        table_free(&table);
    }
    problem_close(&problem);
}

static void no_other_way_is_better_on_a_shipped_trace(void **state) {
    (void)state;
    char pattern[4096];
    glob_t found;
    const char *root = getenv("ROOT");
    assert_non_null(root);
    snprintf(pattern, sizeof pattern, "%s/workloads/traces/*.hakt.zst", root);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    assert_true(found.gl_pathc >= 19);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        trace_t trace;
        trace_error_t error = {.text = ""};
        sizes_t sizes;
        if (!trace_load(found.gl_pathv[i], &trace, &error))
            fail_msg("%s", error.text);
        sizes_of_trace(&trace, &sizes);
        check_pool(&sizes, &layout_mid, layout_mid.wmax);
        check_pool(&sizes, &layout_mid, CLASS_NO_BOUND);
        check_pool(&sizes, &layout_large, layout_large.wmax);
        check_pool(&sizes, &layout_large, CLASS_NO_BOUND);
        sizes_close(&sizes);
        trace_unload(&trace);
    }
    globfree(&found);
    assert_true(strictly_better > 19 * 4);
}

/* Worked out by hand: what each rule gives. */
static void bounds_are_the_defaults_of_the_options(void **state) {
    static const struct {
        const char *name, *initial;
    } rows[] = {
#define HAK_OPTION(kind, field, name, initial, least, most, help) {name, initial},
#include "hakmem/core/hakmem_options.def"
#undef HAK_OPTION
    };
    unsigned found = 0;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double millionths = atof(rows[i].initial) * 1e6;
        if (strcmp(rows[i].name, "HAKMEM_WMAX_MID") == 0) {
            assert_int_equal(layout_mid.wmax, (uint64_t)(millionths + 0.5));
            assert_int_equal(layout_mid_low.wmax, layout_mid.wmax);
            found++;
        } else if (strcmp(rows[i].name, "HAKMEM_WMAX_LARGE") == 0) {
            assert_int_equal(layout_large.wmax, (uint64_t)(millionths + 0.5));
            found++;
        }
    }
    assert_int_equal(found, 2);
}

static void rules_are_what_they_are_called(void **state) {
    (void)state;
    static const uint64_t blocks[][1 + RULES] = {
        /* request, default, geometric, jemalloc, mimalloc */
        {8193, 9216, 8880, 10240, 10240},         {33000, 36864, 33904, 40960, 40960},
        {32768, 32768, 33904, 32768, 32768},      {57344, 57344, 66232, 57344, 57344},
        {57345, 65536, 66232, 65536, 65536},      {132000, 147456, 161720, 163840, 135168},
        {600000, 655360, 616944, 655360, 655360},
    };
    for (unsigned i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        for (unsigned r = 0; r < RULES; r++)
            assert_int_equal(class_rules[r].block(blocks[i][0]), blocks[i][r + 1]);
    }
}

/* ---- weights ---- */

static double weight_of(const sizes_t *sizes, uint64_t bytes) {
    for (uint64_t i = 0; i < sizes->count; i++) {
        if (sizes->rows[i].bytes == bytes)
            return sizes->rows[i].weight;
    }
    return 0;
}

/* Blocks count by how long they live; a realloc ends one size and begins another. */
static void a_weight_is_blocks_times_time(void **state) {
    (void)state;
    trace_event_t events[] = {
        {.op = TRACE_MALLOC, .block = 0, .bytes = 100},
        {.op = TRACE_MALLOC, .block = 1, .bytes = 100},
        {.op = TRACE_FREE, .block = 0},
        {.op = TRACE_REALLOC, .block = 1, .bytes = 300},
        {.op = TRACE_ALIGNED, .block = 2, .bytes = 100, .align_shift = 7},
        {.op = TRACE_MALLOC, .block = 3, .bytes = 700},
        {.op = TRACE_FREE, .block = 3},
    };
    uint64_t times[] = {1000, 2000, 4000, 8000, 16000, 16000, 16000};
    trace_t trace = {.events = events, .event_count = 7, .block_count = 4};
    sizes_t sizes;
    sizes_of_trace(&trace, &sizes);
    assert_int_equal(sizes.unit, SIZES_OPERATIONS);
    assert_true(sizes.time == 7);
    assert_true(weight_of(&sizes, 100) == 2 + 2);
    assert_true(weight_of(&sizes, 300) == 4);
    assert_true(weight_of(&sizes, 128) == 3);
    assert_true(weight_of(&sizes, 700) == 1);
    sizes_close(&sizes);
    sizes_of_peak(&trace, &sizes); /* 300 + 100 + 700, before the last event */
    assert_true(sizes.time == 1);
    assert_true(weight_of(&sizes, 100) == 0);
    assert_true(weight_of(&sizes, 300) == 1);
    assert_true(weight_of(&sizes, 128) == 1);
    assert_true(weight_of(&sizes, 700) == 1);
    assert_int_equal(sizes.count, 4);
    sizes_close(&sizes);
    trace.times = times;
    trace.time_unit_ns = 500;
    sizes_of_trace(&trace, &sizes);
    assert_int_equal(sizes.unit, SIZES_MICROSECONDS);
    assert_true(sizes.time == 7500);
    assert_true(weight_of(&sizes, 100) == 1500 + 3000);
    assert_true(weight_of(&sizes, 300) == 4000);
    assert_true(weight_of(&sizes, 700) == 0);
    assert_int_equal(sizes.count, 4); /* it died at once, and needs a class */
    sizes_close(&sizes);
}

/* ---- scudo finds the class that the table has for a size ---- */

/* As scudo looks it up: linear up to 2^6, then by the 7 highest bits of the size less its header;
 * each row of its table has the class of the largest size that falls into it. */
static uint64_t largest_of_row(uint64_t room) {
    if (room <= UINT64_C(1) << SCUDO_MID_LOG)
        return (room + 15) / 16 * 16;
    unsigned top = 63 - (unsigned)__builtin_clzll(room - 1);
    uint64_t step = UINT64_C(1) << (top - (SCUDO_BITS - 1));
    return (room + step - 1) / step * step;
}

static void scudo_finds_every_block_that_is_listed(void **state) {
    (void)state;
    for (uint64_t block = layout_scudo.block_least; block < layout_scudo.block_most;) {
        uint64_t room = block - SCUDO_HEADER;
        assert_int_equal(layout_scudo.block_for(block), block);
        assert_int_equal(largest_of_row(room), room); /* else larger sizes share its row */
        uint64_t next = layout_scudo.block_for(block + 1);
        assert_true(next > block);
        block = next;
    }
}

/* ---- many sizes ---- */

static void many_sizes(uint32_t count, sizes_t *out) {
    rng_t rng;
    rng_seed(&rng, 5);
    sizes_open(out, SIZES_SNAPSHOT, 1);
    for (uint32_t i = 0; i < count; i++)
        sizes_add(out, i + 1, 1 + (double)below(&rng, 1000));
    sizes_settle(out);
}

static uint64_t one_byte(uint64_t bytes) {
    return bytes;
}

static class_carve_t no_tail(uint64_t block_bytes) {
    return (class_carve_t){block_bytes, 1, 1};
}

/* The work is counted: at most some looks for each place and layer. */
static void a_million_sizes_take_looks_in_proportion(void **state) {
    (void)state;
    enum { SIZES = 1000000, CLASSES = 16 };
    static const class_layout_t layout = {.request_least = 1,
                                          .request_most = SIZES,
                                          .block_most = SIZES,
                                          .classes_most = 64,
                                          .block_for = one_byte,
                                          .carve = no_tail};
    for (unsigned bound = 0; bound < 2; bound++) {
        sizes_t sizes;
        class_problem_t problem;
        class_table_t table;
        many_sizes(SIZES, &sizes);
        problem_open(&sizes, &layout, 1, SIZES, bound ? 3000000 : CLASS_NO_BOUND, &problem);
        assert_int_equal(problem.count, SIZES);
        assert_true(table_solve(&problem, CLASSES, &table));
        assert_int_equal(table.count, CLASSES);
        assert_int_equal(table.cost, table.evaluated);
        assert_int_equal(table.proof, PROOF_LAGRANGE);
        assert_int_equal(table.bound, table.cost);
        assert_true(table.looks < UINT64_C(5) * (CLASSES + 2) * SIZES);
        table_free(&table);
        problem_close(&problem);
        sizes_close(&sizes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_equals_exhaustive_search),
        cmocka_unit_test(it_does_so_within_wmax),
        cmocka_unit_test(the_fewest_are_the_fewest),
        cmocka_unit_test(any_values_make_a_bound),
        cmocka_unit_test(no_other_way_is_better_on_a_shipped_trace),
        cmocka_unit_test(bounds_are_the_defaults_of_the_options),
        cmocka_unit_test(rules_are_what_they_are_called),
        cmocka_unit_test(a_weight_is_blocks_times_time),
        cmocka_unit_test(scudo_finds_every_block_that_is_listed),
        cmocka_unit_test(a_million_sizes_take_looks_in_proportion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
