/*
 * test_number.c - numbers and byte counts on the command line.
 */
#include "number.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void the_whole_word_is_a_number(void **state) {
    (void)state;
    uint64_t value = 0;
    assert_true(number_parse("18446744073709551615", 0, UINT64_MAX, &value));
    assert_true(value == UINT64_MAX);
    static const char *const bad[] = {"",   "x",  "-1",   "+1",  " 1",
                                      "1 ", "1x", "0x10", "1e3", "18446744073709551616"};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(number_parse(bad[i], 0, UINT64_MAX, &value));
        assert_false(number_parse_bytes(bad[i], 0, UINT64_MAX, &value));
    }
    assert_false(number_parse("5", 6, 10, &value));
    assert_false(number_parse("11", 6, 10, &value));
    assert_false(number_parse("1k", 0, 10000, &value));
    assert_true(number_parse_bytes("33k", 0, UINT64_MAX, &value));
    assert_int_equal(value, 33 * 1024);
    assert_true(number_parse_bytes("5M", 0, UINT64_MAX, &value));
    assert_int_equal(value, 5 << 20);
    assert_true(number_parse_bytes("2g", 0, UINT64_MAX, &value));
    assert_int_equal(value, INT64_C(2) << 30);
    assert_false(number_parse_bytes("17179869184g", 0, UINT64_MAX, &value));
    assert_false(number_parse_bytes("2kk", 0, UINT64_MAX, &value));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_word_is_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
