/*
 * test_figures.c - figures of made-up runs are drawn by gnuplot: of a workload that requests
 * nothing, and of one whose every sample failed.
 */
#include "derive.h"
#include "figures.h"
#include "mock.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <libgen.h>
#include <math.h>
#include <unistd.h>

/* The tests stand in <root>/build/lab/tests. */
static char *root_of_tree(void) {
    char *path = path_real("/proc/self/exe");
    for (int i = 0; i < 4; i++) {
        path = text_copy(dirname(path));
    }
    return path;
}

typedef struct made {
    run_info_t info;
    samples_t samples;
    analysis_t analysis;
    figure_list_t figures;
} made_t;

/* The run of mock_plan, measured, derived and drawn in a folder of its own. */
static made_t *make(mock_t mock) {
    static options_t options;
    static catalogue_t workloads;
    static allocator_list_t allocators;
    static plan_t plan;
    made_t *out = text_alloc(sizeof *out);
    char *folder = text_copy("/tmp/hakmem-lab-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    mock_plan(&options, &workloads, &allocators, &plan);
    progress_t progress;
    progress_start(&progress, true);
    progress.total = 1000;
    execution_t execution = {.plan = &plan,
                             .samples = &out->samples,
                             .file = samples_open(text_format("%s/samples.jsonl", folder)),
                             .executor = {mock_sample, &mock},
                             .progress = &progress};
    for (unsigned rep = 0; rep < options.reps; rep++) {
        assert_true(execute_block(&execution, 1u << PHASE_COMPARE, rep));
    }
    close(execution.file);
    out->info =
        (run_info_t){.folder = folder,
                     .run_id = text_copy("test"),
                     .workloads = json_pack("[{s:s, s:s, s:s}, {s:s, s:s, s:s}]", "name", "heavy",
                                            "title", "Heavy", "touch", "page", "name", "light",
                                            "title", "Light", "touch", "page"),
                     .allocators = json_pack("[{s:s, s:s, s:s}, {s:s, s:s, s:s}]", "key", "hakmem",
                                             "name", "hakmem", "version", "1", "key", "other",
                                             "name", "other", "version", "2"),
                     .seed = 1};
    recommendations_t recommendations;
    standings_t standings;
    analysis_make(&out->info, &out->samples, &out->analysis);
    recommend(&out->analysis, &recommendations);
    claims_judge(&out->analysis, &standings);
    derive_write(&out->analysis, &recommendations, &standings);
    figures_draw(root_of_tree(), &out->analysis, &out->figures);
    return out;
}

static void forget(const made_t *made) {
    const char *const argv[] = {"rm", "-r", made->info.folder, NULL};
    assert_non_null(capture(argv));
}

static char *figure_of(const made_t *made, const char *name) {
    return file_read(text_format("%s/plots/%s.svg", made->info.folder, name));
}

static double peak(const cell_t *cell, unsigned rep) {
    return (cell->allocator->is_hakmem ? 1 : 3) * 1024 * 1024 * (1 + 0.01 * rep);
}

static void a_workload_that_requests_nothing_is_shown_in_bytes(void **state) {
    (void)state;
    made_t *made = make((mock_t){.peak = peak, .starting = "light"});
    assert_int_equal(made->figures.failed, 0);
    char *light = figure_of(made, "compare-memory-light");
    char *heavy = figure_of(made, "compare-memory-heavy");
    assert_non_null(light);
    assert_non_null(strstr(light, "resident MiB of the program that is started"));
    assert_null(strstr(light, "one byte per page touched"));
    assert_non_null(strstr(light, "3.000"));
    assert_non_null(strstr(heavy, "resident bytes per byte requested"));
    assert_non_null(strstr(heavy, "one byte per page touched"));
    forget(made);
}

static void its_ratios_are_of_bytes(void **state) {
    (void)state;
    made_t *made = make((mock_t){.peak = peak, .starting = "light"});
    const cell_stats_t *other =
        analysis_find(&made->analysis, PHASE_COMPARE, "light", "other", 0, 0);
    assert_true(isnan(other->spread[MEASURE_PEAK].median));
    assert_true(fabs(other->ratio[MEASURE_PEAK].mid - 3) < 1e-9);
    assert_int_equal(other->verdict[MEASURE_PEAK], VERDICT_HIGHER);
    assert_int_equal(other->verdict[MEASURE_STEADY], VERDICT_HIGHER);
    forget(made);
}

static void failed_samples_leave_a_figure(void **state) {
    (void)state;
    static const char *const failing[] = {"compare/light/other", "compare/light/hakmem",
                                          "compare/light/"};
    for (size_t i = 0; i < sizeof failing / sizeof *failing; i++) {
        made_t *made = make((mock_t){.failing = failing[i]});
        assert_int_equal(made->figures.failed, 0);
        assert_non_null(figure_of(made, "compare-throughput-light"));
        assert_non_null(figure_of(made, "compare-memory-light"));
        forget(made);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_workload_that_requests_nothing_is_shown_in_bytes),
        cmocka_unit_test(its_ratios_are_of_bytes),
        cmocka_unit_test(failed_samples_leave_a_figure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
