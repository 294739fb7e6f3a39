/*
 * test_table_memory.c - a workload that is measured for memory only has its MiB shown, and its time
 * counts nowhere: it has no speed, no verdict on it, and is in no average.
 */
#include "averages.h"
#include "mock.h"
#include "table_memory.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>

static double peak(const cell_t *cell, unsigned rep) {
    return (cell->allocator->is_hakmem ? 3 : 512.5) * (1 << 20) + 4096 * (double)(rep % 3);
}

static double steady(const cell_t *cell, unsigned rep) {
    (void)rep;
    return (cell->allocator->is_hakmem ? 2.5 : 0.25) * (1 << 20);
}

static void measure(mock_t mock, analysis_t *out) {
    static options_t options;
    static catalogue_t workloads;
    static allocator_list_t allocators;
    static samples_t samples;
    static run_info_t info;
    plan_t plan = {0};
    mock_t *own = text_alloc(sizeof *own);
    *own = mock;
    samples = (samples_t){0};
    mock_plan(&options, &workloads, &allocators, &plan);
    assert_true(mock_measure(&plan, own, &samples, 1u << PHASE_COMPARE, 5));
    info = (run_info_t){.manifest = json_object(),
                        .workloads = json_pack("[{s:s}, {s:s}]", "name", "heavy", "name", "light"),
                        .allocators = json_pack("[{s:s}, {s:s}]", "key", "hakmem", "key", "other"),
                        .seed = 1,
                        .margin = 0.02};
    analysis_make(&info, &samples, out);
}

static char *table_of(const analysis_t *analysis) {
    char *text = NULL;
    size_t bytes = 0;
    FILE *memory = open_memstream(&text, &bytes);
    table_memory_print(memory, analysis);
    fclose(memory);
    return text;
}

static void its_mebibytes_are_shown(void **state) {
    (void)state;
    analysis_t analysis;
    measure((mock_t){.peak = peak, .steady = steady, .resident = "light"}, &analysis);
    const char *text = table_of(&analysis);
    assert_non_null(strstr(text, "        hakmem          other\n"
                                 "  light                       2.5/3.0      0.2/512.5\n"));
    assert_null(strstr(text, "heavy"));
    measure((mock_t){.peak = peak, .steady = steady}, &analysis);
    assert_string_equal(table_of(&analysis), "");
}

static void its_time_counts_nowhere(void **state) {
    (void)state;
    analysis_t analysis;
    averages_t averages;
    measure((mock_t){.peak = peak, .steady = steady, .resident = "light"}, &analysis);
    const cell_stats_t *own = analysis_find(&analysis, PHASE_COMPARE, "light", "other", 0, 0);
    assert_true(isnan(own->spread[MEASURE_THROUGHPUT].median));
    assert_int_equal(own->verdict[MEASURE_THROUGHPUT], VERDICT_UNDECIDED);
    assert_int_equal(own->verdict[MEASURE_PEAK], VERDICT_HIGHER);
    assert_int_equal(own->failed, 0);
    averages_make(&analysis, &averages);
    assert_int_equal(averages.items[0].workloads, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_mebibytes_are_shown),
        cmocka_unit_test(its_time_counts_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
