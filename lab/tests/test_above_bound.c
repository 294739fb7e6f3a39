/*
 * test_above_bound.c - a peak above the least memory that the workload's blocks can take: only
 * where every page of them is written to.
 */
#include "above_bound.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>

static double above(const char *touch, double requested, double peak) {
    run_info_t info = {.workloads = json_pack("[{s:s, s:s}]", "name", "w", "touch", touch)};
    analysis_t analysis = {.info = &info};
    cell_stats_t cell = {.workload = "w", .peak_bytes = peak, .requested_peak_bytes = requested};
    return above_bound_percent(&analysis, &cell);
}

static void it_is_of_whole_pages(void **state) {
    (void)state;
    assert_true(fabs(above("page", 8192, 12288) - 50) < 1e-9);
    assert_true(fabs(above("whole", 8193, 12288)) < 1e-9);
    assert_true(fabs(above("page", 4096, 2048) + 50) < 1e-9); /* shown, not hidden */
}

static void it_is_not_known_where_pages_stay_untouched(void **state) {
    (void)state;
    assert_true(isnan(above("first", 8192, 12288)));
    assert_true(isnan(above("page", 0, 12288)));
    assert_true(isnan(above("page", NAN, 12288)));
    assert_true(isnan(above("page", 8192, NAN)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_of_whole_pages),
        cmocka_unit_test(it_is_not_known_where_pages_stay_untouched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
