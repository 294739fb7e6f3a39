/*
 * test_classes.c - class tables: the program equals exhaustive search, its bound is a bound, and no
 * other way to choose sizes is better. Costs are random: block costs that fall, classes of unequal
 * cost, weights of any size.
 */
#include "cmocka_all.h"

#include "classes/program.h"
#include "common/rng.h"

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
        out->own[out->own_count++] = (size_row_t){before + 1 + below(rng, block - before),
                                                  1 + (double)below(rng, 30)};
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
        cmocka_unit_test(a_million_sizes_take_looks_in_proportion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
