/*
 * test_decimals.c - the list, decimal and duration parsers.
 */
#include "decimals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

static void decimals_are_exact(void **state) {
    (void)state;
    dec_t value;
    char text[DEC_TEXT];
    assert_true(dec_parse("1.01", &value));
    assert_int_equal(value, 10100);
    assert_true(dec_parse("2", &value));
    assert_int_equal(value, 20000);
    assert_true(dec_parse("1.0125", &value));
    dec_print(value, text);
    assert_string_equal(text, "1.0125");
    assert_true(dec_parse("1.50000", &value)); /* zeros beyond the fourth digit change nothing */
    dec_print(value, text);
    assert_string_equal(text, "1.50");
}

static void bad_decimals_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "", ".", "1.", ".5", "-1", "+1", "1.00001", "1e3", "1.5x", " 1", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        dec_t value;
        assert_false(dec_parse(bad[i], &value));
    }
}

static void ranges_hit_their_end(void **state) {
    (void)state;
    dec_list_t list;
    assert_null(dec_list_parse("1.0:2.0:0.1", 10000, 40000, &list));
    assert_int_equal(list.count, 11);
    assert_int_equal(list.values[10], 20000);
    assert_null(dec_list_parse("1.6,1.01,1.6,1.2:1.3:0.05", 10000, 40000, &list));
    assert_string_equal(dec_list_print(&list), "1.01,1.20,1.25,1.30,1.60");
}

static void bad_lists_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"",    "1.0,",        "1.0:2.0", "2.0:1.0:0.1", "1:2:0",
                                      "0.9", "1.0:5.0:1.0", "a,b",     "1:4:0.0001",  ",1.1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        dec_list_t list;
        assert_non_null(dec_list_parse(bad[i], 10000, 40000, &list));
    }
}

static void durations(void **state) {
    (void)state;
    double seconds;
    assert_true(duration_parse("90", &seconds) && seconds == 90);
    assert_true(duration_parse("10m", &seconds) && seconds == 600);
    assert_true(duration_parse("1.5h", &seconds) && seconds == 5400);
    assert_false(duration_parse("0", &seconds));
    assert_false(duration_parse("10x", &seconds));
    assert_false(duration_parse("-5s", &seconds));
    assert_false(duration_parse("inf", &seconds));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals_are_exact),
        cmocka_unit_test(bad_decimals_are_refused),
        cmocka_unit_test(ranges_hit_their_end),
        cmocka_unit_test(bad_lists_are_refused),
        cmocka_unit_test(durations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
