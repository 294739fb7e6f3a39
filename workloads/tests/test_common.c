/*
 * test_common.c - the drivers' small parts: histogram, random numbers, touching, text.
 */
#include "cmocka_all.h"

#include "common/arena.h"
#include "common/buffer.h"
#include "common/histogram.h"
#include "common/resident.h"
#include "common/rng.h"
#include "common/touch.h"

#include <stdio.h>
#include <string.h>

static void histogram_keeps_three_percent(void **state) {
    (void)state;
    for (uint64_t value = 1; value < UINT64_MAX / 3; value = value * 3 + 1) {
        histogram_t histogram = {.total = 0};
        histogram_add(&histogram, value);
        histogram_add(&histogram, UINT64_MAX);
        uint64_t found = histogram_quantile(&histogram, 0.5);
        assert_true(found >= value && found - value <= value / 32);
        assert_true(histogram_quantile(&histogram, 1) == UINT64_MAX);
    }
}

static void histogram_quantiles(void **state) {
    (void)state;
    histogram_t a = {.total = 0}, b = {.total = 0};
    assert_int_equal(histogram_quantile(&a, 0.5), 0);
    for (uint64_t i = 1; i <= 1000; i++)
        histogram_add(i % 2 == 0 ? &a : &b, i);
    histogram_merge(&a, &b);
    assert_int_equal(a.total, 1000);
    assert_in_range(histogram_quantile(&a, 0.50), 500, 516);
    assert_in_range(histogram_quantile(&a, 0.99), 990, 1000);
    assert_int_equal(histogram_quantile(&a, 0.001), 1);
    assert_int_equal(histogram_quantile(&a, 1), 1000);
}

static void random_numbers_are_those_published(void **state) {
    (void)state;
    /* The first outputs of splitmix64 for the seed 1234567, as its author's program prints them. */
    uint64_t seed = 1234567;
    assert_true(rng_splitmix(&seed) == UINT64_C(6457827717110365317));
    assert_true(rng_splitmix(&seed) == UINT64_C(3203168211198807973));
    /* xoshiro256**, from the state 1, 2, 3, 4. */
    rng_t rng = {.state = {1, 2, 3, 4}};
    assert_true(rng_next(&rng) == 11520);
    assert_true(rng_next(&rng) == 0);
    assert_true(rng_next(&rng) == 1509978240);
    for (unsigned i = 0; i < 10000; i++) {
        double unit = rng_unit(&rng);
        assert_true(rng_below(&rng, 7) < 7);
        assert_true(unit >= 0 && unit < 1);
    }
}

static unsigned written(touch_t policy, size_t from, size_t bytes) {
    static _Alignas(4096) char block[3 * 4096];
    unsigned count = 0;
    memset(block, 0, sizeof block);
    touch_range(policy, block + 16, from, bytes);
    for (size_t i = 0; i < sizeof block; i++)
        count += block[i] != 0;
    return count;
}

static void touching(void **state) {
    (void)state;
    touch_t policy;
    assert_true(touch_parse("page", &policy));
    assert_int_equal(policy, TOUCH_PAGE);
    assert_string_equal(touch_name(policy), "page");
    assert_false(touch_parse("pages", &policy));
    assert_int_equal(written(TOUCH_FIRST, 0, 9000), 1);
    assert_int_equal(written(TOUCH_WHOLE, 0, 9000), 9000);
    assert_int_equal(written(TOUCH_PAGE, 0, 9000), 3);
    assert_int_equal(written(TOUCH_PAGE, 0, 4080), 1);
    assert_int_equal(written(TOUCH_PAGE, 0, 4081), 2);
    assert_int_equal(written(TOUCH_PAGE, 4080, 4081), 1);
    assert_int_equal(written(TOUCH_WHOLE, 100, 150), 50);
    assert_int_equal(written(TOUCH_PAGE, 100, 100), 0);
    assert_int_equal(written(TOUCH_FIRST, 0, 0), 0);
}

static void json_strings(void **state) {
    (void)state;
    static buffer_t text;
    buffer_add_json_string(&text, "a\"b\\c\n\x7f");
    assert_string_equal(text.bytes, "\"a\\\"b\\\\c\\u000a\\u007f\"");
}

static void resident_memory_is_seen(void **state) {
    (void)state;
    enum { BYTES = 64 << 20, SLACK = 1 << 20 };
    uint64_t before = resident_anon_bytes();
    resident_reset_peak();
    char *table = arena_alloc(BYTES, 1);
    uint64_t during = resident_anon_bytes();
    arena_free(table, BYTES, 1);
    assert_in_range(during - before, BYTES - SLACK, BYTES + SLACK);
    assert_in_range(resident_anon_peak_bytes() - before, BYTES - SLACK, BYTES + SLACK);
    assert_in_range(resident_anon_bytes(), 0, before + SLACK);
    resident_reset_peak();
    assert_in_range(resident_anon_peak_bytes(), 0, before + SLACK);
}

/* Grown and cut, also where they move. */
static void tables_keep_what_is_in_them(void **state) {
    (void)state;
    static const size_t counts[] = {1000, 600000, 5000000, 300};
    uint32_t *table = arena_alloc(counts[0], sizeof *table);
    size_t count = counts[0];
    for (size_t step = 0; step < sizeof counts / sizeof *counts; step++) {
        size_t kept = counts[step] < count ? counts[step] : count;
        table = arena_grow(table, count, counts[step], sizeof *table);
        count = counts[step];
        for (size_t i = 0; i < kept; i++)
            assert_int_equal(table[i], step == 0 ? 0 : i + step - 1);
        for (size_t i = kept; i < count; i++)
            assert_int_equal(table[i], 0);
        for (size_t i = 0; i < count; i++)
            table[i] = (uint32_t)(i + step);
    }
    arena_free(table, count, sizeof *table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(histogram_keeps_three_percent),
        cmocka_unit_test(histogram_quantiles),
        cmocka_unit_test(random_numbers_are_those_published),
        cmocka_unit_test(touching),
        cmocka_unit_test(json_strings),
        cmocka_unit_test(resident_memory_is_seen),
        cmocka_unit_test(tables_keep_what_is_in_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
