/*
 * test_figures.c - figures of made-up runs are drawn by gnuplot: of a workload that requests
 * nothing, and of one whose every sample failed.
 */
#include "derive.h"
#include "figures.h"
#include "file.h"
#include "mock.h"
#include "page.h"
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
    char *page; /* report.json: test.js of page/ has what is made of it */
} made_t;

/* So many workloads in three groups; hakmem and one other, as in mock_plan. */
static void many_workloads(size_t count, catalogue_t *workloads) {
    static const char *const groups[] = {"33 KB churn", "calloc, aligned", "start-up"};
    *workloads = (catalogue_t){text_alloc(count * sizeof *workloads->items), count};
    for (size_t i = 0; i < count; i++) {
        workloads->items[i] = (workload_t){.name = text_format("work-%zu", i),
                                           .title = text_format("Work %zu", i),
                                           .stands_for = text_format("Program <%zu>", i / 2),
                                           .group = text_copy(groups[i % 3]),
                                           .touch = "page",
                                           .expected_s = 0.1};
    }
}

static json_t *workloads_json(const catalogue_t *workloads) {
    json_t *out = json_array();
    for (size_t i = 0; i < workloads->count; i++) {
        const workload_t *w = &workloads->items[i];
        json_array_append_new(out, json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", w->name, "title",
                                             w->title ? w->title : w->name, "stands_for",
                                             w->stands_for ? w->stands_for : "", "group",
                                             w->group ? w->group : "other", "touch", w->touch));
    }
    return out;
}

/* What a call writes to stderr: nothing, of gnuplot. */
static char *words_of(void (*call)(void *), void *context) {
    char path[] = "/tmp/hakmem-lab-test-XXXXXX";
    int file = mkstemp(path), stderr_copy = dup(STDERR_FILENO);
    assert_true(file >= 0 && stderr_copy >= 0 && dup2(file, STDERR_FILENO) >= 0);
    call(context);
    dup2(stderr_copy, STDERR_FILENO);
    close(stderr_copy);
    close(file);
    char *text = file_read(path);
    unlink(path);
    return text;
}

typedef struct drawing {
    made_t *made;
    const standings_t *standings;
    const waste_list_t *wastes;
} drawing_t;

static void draw_all(void *context) {
    drawing_t *d = context;
    figures_draw(root_of_tree(), &d->made->analysis, d->standings, d->wastes, &d->made->figures);
}

/* All of it, or as an interrupted run has it: the closer looks first. */
static void execute_all(execution_t *execution, const mock_t *mock, unsigned reps, bool looks) {
    bool whole = true;
    for (phase_t p = 0; looks && whole && p < PHASE_GRID; p++) {
        whole = execute_repetition(execution, p, 0);
    }
    for (unsigned rep = 0; whole && rep < reps; rep++) {
        whole = execute_repetition(execution, PHASE_COMPARE, rep) &&
                (!looks || execute_repetition(execution, PHASE_GRID, rep));
    }
    assert_true(whole == (mock->interrupt_after == 0));
}

/* A JSON file without its blanks. */
static char *compact(const char *path) {
    json_t *data = json_load_file(path, 0, NULL);
    assert_non_null(data);
    char *text = json_dumps(data, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(data);
    return text;
}

/* A run with waste by size, measured, derived, drawn and written in a folder of its own: of
 * mock_plan, or of more workloads. */
static made_t *make(mock_t mock, size_t count) {
    static options_t options;
    static catalogue_t workloads;
    static allocator_list_t allocators;
    static plan_t plan;
    static waste_class_t class = {1, 4 << 20, 4 << 20};
    static waste_reading_t reading = {1000, 1024};
    static waste_t waste[] = {{"hakmem", "ok", &class, 1, &reading, 1, 3.0},
                              {.allocator = "other", .status = "signal 11"}};
    made_t *out = text_alloc(sizeof *out);
    char *folder = text_copy("/tmp/hakmem-lab-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    mock_plan(&options, &workloads, &allocators, &plan);
    if (count > 0) {
        many_workloads(count, &workloads);
        plan = (plan_t){0};
        plan_build(&options, &workloads, &allocators, &plan);
    }
    progress_t progress;
    progress_start(&progress, true);
    progress.total = 1000;
    execution_t execution = {.plan = &plan,
                             .samples = &out->samples,
                             .file = samples_open(text_format("%s/samples.jsonl", folder)),
                             .executor = {mock_sample, &mock},
                             .progress = &progress};
    execute_all(&execution, &mock, options.reps, count == 0);
    close(execution.file);
    out->info = (run_info_t){
        .folder = folder,
        .run_id = text_copy("test"),
        .workloads = workloads_json(&workloads),
        .allocators =
            json_pack("[{s:s, s:s, s:s, s:s, s:s, s:s}, {s:s, s:s, s:s, s:s, s:s, s:s}]", "key",
                      "hakmem", "name", "hakmem", "version", "1", "package", "-", "path", "/h.so",
                      "sha256", "aa", "key", "other", "name", "other", "version", "2~rc_1",
                      "package", "-", "path", "/o.so", "sha256", "bb"),
        .seed = 1,
        .margin = 0.02};
    recommendations_t recommendations;
    standings_t standings;
    waste_list_t wastes = {waste, 2, 1};
    analysis_make(&out->info, &out->samples, &out->analysis);
    recommend(&out->analysis, &recommendations);
    claims_judge(&out->analysis, &standings);
    derive_write(&out->analysis, &recommendations, &standings);
    derive_waste(&out->info, &wastes);
    char *words = words_of(draw_all, &(drawing_t){out, &standings, &wastes});
    if (*words) {
        fail_msg("gnuplot said: %s", words);
    }
    page_write(root_of_tree(), &out->analysis, &recommendations, &standings, &wastes, &out->figures,
               "listing");
    assert_non_null(file_read(text_format("%s/report.html", folder)));
    out->page = compact(text_format("%s/derived/report.json", folder));
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
    made_t *made = make((mock_t){.peak = peak, .starting = "light"}, 0);
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
    made_t *made = make((mock_t){.peak = peak, .starting = "light"}, 0);
    const cell_stats_t *other =
        analysis_find(&made->analysis, PHASE_COMPARE, "light", "other", 0, 0);
    assert_true(isnan(other->spread[MEASURE_PEAK].median));
    assert_true(fabs(other->ratio[MEASURE_PEAK].mid - 3) < 1e-9);
    assert_int_equal(other->verdict[MEASURE_PEAK], VERDICT_HIGHER);
    assert_int_equal(other->verdict[MEASURE_STEADY], VERDICT_HIGHER);
    forget(made);
}

static char *derived(const made_t *made, const char *name) {
    return file_read(text_format("%s/derived/%s.csv", made->info.folder, name));
}

#define assert_has(text, words)   assert_non_null(strstr(text, words))
#define assert_lacks(text, words) assert_null(strstr(text, words))

static void failed_samples_leave_a_figure(void **state) {
    (void)state;
    static const struct {
        const char *failing, *figure;
    } cases[] = {
        {"compare/light/other", "compare-throughput-light"},
        {"compare/light/hakmem", "compare-memory-light"},
        {"latency/heavy/hakmem", "tails-heavy"},
        {"memory/heavy/hakmem", "resident-heavy"},
        {"scaling/light/hakmem/", "scaling-light"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        made_t *made = make((mock_t){.failing = cases[i].failing}, 0);
        assert_int_equal(made->figures.failed, 0);
        assert_non_null(figure_of(made, cases[i].figure));
        if (text_starts(cases[i].failing, "compare")) {
            assert_has(figure_of(made, "overview"), "no sample");
            assert_has(made->page, "\"caption\":\"Throughput of each allocator\",\"missing\":null");
        }
        forget(made);
    }
}

/* Of each phase all samples on a workload failed: what is left out, and why. */
static void a_figure_without_data_is_left_out_with_the_reason(void **state) {
    (void)state;
    static const struct {
        const char *failing, *figure, *line;
    } cases[] = {
        {"latency/heavy/", "tails-heavy", "\"Latency of malloc and free\",\"missing\":\"no sample"},
        {"memory/heavy/", "resident-heavy", "\"Resident memory over time\",\"missing\":\"no"},
        {"scaling/light/", "scaling-light", "\"Throughput by threads\",\"missing\":\"no sample"},
        {"grid/heavy/", "grid-failures-heavy", "by reason\",\"missing\":\"no sample counts"},
        {"grid/heavy/hakmem/1.60/1.30", "grid-throughput-heavy",
         "has a sample of the default pair"},
        {"compare/light/", "compare-memory-light", "\"Memory of each allocator\",\"missing\":\"no"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        made_t *made = make((mock_t){.failing = cases[i].failing}, 0);
        assert_int_equal(made->figures.failed, 0);
        assert_null(figure_of(made, cases[i].figure));
        assert_has(made->page, cases[i].line);
        assert_has(figure_of(made, "compare-memory-heavy"), "peak");
        forget(made);
    }
}

/* make() fails where gnuplot says a word. Four samples of latency come first, four of memory, four
 * of calls, six of scaling, then blocks of grid and comparison. */
static void a_run_interrupted_early_is_drawn_in_silence(void **state) {
    (void)state;
    static const size_t samples[] = {1, 13, 19, 23, 32};
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        made_t *made = make((mock_t){.peak = peak, .interrupt_after = samples[i]}, 0);
        assert_int_equal(made->samples.count, samples[i]);
        assert_int_equal(made->figures.failed, 0);
        forget(made);
    }
}

/* What mock.h makes up of them is found in tables, figures and page. */
static void closer_looks_are_shown(void **state) {
    (void)state;
    static const char *const drawn[] = {"tails-heavy",   "memory-heavy", "resident-heavy",
                                        "scaling-light", "pareto-heavy", "pareto-grid-heavy"};
    made_t *made = make((mock_t){.peak = peak, .failing = "memory/heavy/other"}, 0);
    assert_int_equal(made->figures.failed, 0);
    for (size_t i = 0; i < sizeof drawn / sizeof *drawn; i++) {
        assert_non_null(figure_of(made, drawn[i]));
    }
    assert_has(derived(made, "tails-heavy"), "1,other,\"other 2~rc_1\",malloc,4,6000,20\n");
    /* requested 1e6; in use, less base, 1.25e6; the rest as the mock says, less base */
    assert_has(derived(made, "memory-heavy"), ",1000000,250000,300000,NaN,");
    assert_has(derived(made, "memory-heavy"), ",9000,8000,7000\n");
    /* from the base reading at 1 ms to 5 ms of rest; what the process had before is taken off */
    char *resident = derived(made, "resident-heavy");
    assert_has(resident, ",0,-3,1000\n");
    assert_has(resident, ",3,0,2000\n");
    assert_has(resident, ",8,5,2000\n");
    assert_lacks(resident, ",9,6,");
    assert_has(derived(made, "calls"), "heavy,hakmem,\"ok\",1000000,10,20,0,30,0\n");
    assert_has(derived(made, "latency-by-size"), "heavy,hakmem,malloc,32769,65536,5,");
    assert_has(figure_of(made, "grid-memory-heavy"), "3 repetitions; noise floor: memory 0.0 %");
    assert_has(made->page, "{\"workload\":\"light\",\"pairs\":3,\"floors\":{");
    assert_has(made->page,
               "\"per_mop\":{\"mmap\":10.0,\"munmap\":20.0,\"mremap\":0.0,\"madvise\":30.0,");
    assert_has(made->page, "\"label\":\"other 2~rc_1\",\"status\":\"timeout\"}");
    forget(made);
}

static double request_ns(const cell_t *cell, unsigned rep) {
    return (cell->allocator->is_hakmem ? 1 : 3) * 1e5 * (1 + 0.1 * rep);
}

static void requests_are_shown(void **state) {
    (void)state;
    made_t *made = make((mock_t){.request_ns = request_ns}, 0);
    assert_int_equal(made->figures.failed, 0);
    assert_has(derived(made, "requests-light"), "1,other,\"other 2~rc_1\",p99,2,3,131");
    assert_has(derived(made, "requests-light"), "1,other,\"other 2~rc_1\",p90,1,0,NaN,NaN,NaN,");
    assert_has(figure_of(made, "requests-light"), "how long requests to light take");
    assert_has(made->page, "\"ns\":329");
    assert_has(made->page, "\"ns\":null,\"ns_lo\":null,\"ns_hi\":null,\"samples\":0");
    forget(made);
    made = make((mock_t){0}, 0);
    assert_null(derived(made, "requests-light"));
    assert_has(made->page, "\"requests\":[]");
    forget(made);
}

static void few_workloads_have_figures_of_their_own(void **state) {
    (void)state;
    made_t *made = make((mock_t){.peak = peak}, 12);
    assert_int_equal(made->figures.failed, 0);
    assert_non_null(figure_of(made, "compare-memory-work-11"));
    assert_non_null(figure_of(made, "group-1-33-kb-churn"));
    assert_non_null(figure_of(made, "pareto-work-11"));
    /* twelve workloads, as fast as hakmem, three times the memory; three pairs each */
    assert_has(derived(made, "averages"), "other,\"other 2~rc_1\",12,1,0.9997");
    assert_has(made->page, "\"scope\":\"workload\",\"of\":\"work-11\"");
    assert_has(made->page, "\"summary\":\"listing\"");
    forget(made);
}

static void many_workloads_are_drawn_by_group(void **state) {
    (void)state;
    made_t *made = make((mock_t){.peak = peak, .failing = "compare/work-1/other"}, 13);
    assert_int_equal(made->figures.failed, 0);
    /* overview, averages, two of waste, three groups */
    assert_int_equal(made->figures.count, 7);
    assert_null(figure_of(made, "compare-memory-work-12"));
    /* over those on which all have samples */
    assert_has(derived(made, "averages"), "other,\"other 2~rc_1\",12,1,0.9997");
    char *first = figure_of(made, "group-1-33-kb-churn");
    char *second = figure_of(made, "group-2-calloc-aligned");
    assert_has(first, "work-0<");
    assert_has(first, "work-12<");
    assert_lacks(first, "work-1<");
    assert_lacks(first, "no sample");
    assert_has(second, "calloc, aligned: how does hakmem compare");
    assert_has(second, "no sample");
    assert_has(second, "other 2~rc_1");
    forget(made);
}

static void the_overview_has_every_workload_in_the_table_s_order(void **state) {
    (void)state;
    made_t *made = make((mock_t){.peak = peak}, 13);
    char *overview = figure_of(made, "overview"), *at = overview;
    static const char *const order[] = {"work-0<", "work-12<", "work-1<", "work-10<", "work-2<"};
    for (size_t i = 0; at && i < sizeof order / sizeof *order; i++) {
        at = strstr(at, order[i]);
    }
    assert_non_null(at);
    assert_has(overview, ">33 KB churn<");
    assert_has(overview, ">calloc, aligned<");
    assert_has(overview, ">start-up<");
    assert_has(overview, "0.33 other"); /* hakmem takes a third */
    forget(made);
}

static void the_page_of_many_workloads_has_their_groups(void **state) {
    (void)state;
    made_t *made = make((mock_t){.peak = peak}, 13);
    static const char *const wanted[] = {
        "{\"group\":\"calloc, aligned\",\"name\":\"work-1\",\"title\":\"Work 1\","
        "\"stands_for\":\"Program <0>\"}",
        "{\"name\":\"group-2-calloc-aligned\",\"scope\":\"group\",\"of\":\"calloc, aligned\"",
        "\"status\":\"signal 11\",\"usable_percent\":[null,"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        if (!strstr(made->page, wanted[i])) {
            fail_msg("'%s' is not in report.json", wanted[i]);
        }
    }
    forget(made);
}

static void waste_is_drawn_of_those_that_were_measured(void **state) {
    (void)state;
    made_t *made = make((mock_t){0}, 0);
    assert_int_equal(made->figures.failed, 0);
    char *by_size = figure_of(made, "waste-by-size"), *mean = figure_of(made, "waste-mean");
    assert_has(by_size, "On which sizes does each allocator waste memory");
    assert_has(by_size, "hakmem 1");
    assert_has(mean, "hakmem 1");
    assert_has(by_size, "other 2~rc_1: signal 11");
    assert_lacks(mean, "other 2~rc_1");
    forget(made);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_workload_that_requests_nothing_is_shown_in_bytes),
        cmocka_unit_test(its_ratios_are_of_bytes),
        cmocka_unit_test(failed_samples_leave_a_figure),
        cmocka_unit_test(a_figure_without_data_is_left_out_with_the_reason),
        cmocka_unit_test(a_run_interrupted_early_is_drawn_in_silence),
        cmocka_unit_test(closer_looks_are_shown),
        cmocka_unit_test(requests_are_shown),
        cmocka_unit_test(few_workloads_have_figures_of_their_own),
        cmocka_unit_test(many_workloads_are_drawn_by_group),
        cmocka_unit_test(the_overview_has_every_workload_in_the_table_s_order),
        cmocka_unit_test(the_page_of_many_workloads_has_their_groups),
        cmocka_unit_test(waste_is_drawn_of_those_that_were_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
