/*
 * test_recommend.c - from made-up samples to the advice: a real gain is found and confirmed, noise
 * is not, and a gain that the fresh samples do not show is withdrawn.
 */
#include "mock.h"
#include "recommend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

static double noise(const cell_t *cell, unsigned rep) {
    unsigned hash = rep * 2654435761u;
    for (const char *c = cell->id; *c; c++) {
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    }
    return ((double)(hash >> 8 & 0xffff) / 65536 - 0.5) * 0.01; /* +-0.5 % */
}

static bool is_wide(const cell_t *cell) {
    return cell->wmax_mid == 20000 && cell->wmax_large == 11000;
}
static double flat_speed(const cell_t *cell, unsigned rep) {
    return 1e6 * (1 + noise(cell, rep));
}
static double wide_is_faster(const cell_t *cell, unsigned rep) {
    return flat_speed(cell, rep) * (is_wide(cell) ? 1.10 : 1);
}
static double wide_is_lucky(const cell_t *cell, unsigned rep) {
    return flat_speed(cell, rep) * (is_wide(cell) && cell->phase == PHASE_GRID ? 1.10 : 1);
}
/* The large bound alone is faster; on the grid noise draws both. */
static double large_is_faster(const cell_t *cell, unsigned rep) {
    double by_chance = is_wide(cell) && cell->phase == PHASE_GRID ? 1.06 : 1;
    return flat_speed(cell, rep) * (cell->wmax_large == 11000 ? 1.10 : 1) * by_chance;
}
static double flat_peak(const cell_t *cell, unsigned rep) {
    (void)cell;
    (void)rep;
    return 1.2e6;
}
/* The large bound alone takes less memory, with another mid bound a trifle less again. */
static double large_is_leaner(const cell_t *cell, unsigned rep) {
    double less = cell->wmax_large == 11000 ? 0.95 : 1;
    return flat_peak(cell, rep) * less * (cell->wmax_mid == 20000 ? 0.996 : 1);
}
static double nearly_as_lean(const cell_t *cell, unsigned rep) {
    double less = cell->phase == PHASE_GRID ? 0.985 : 0.999;
    return flat_peak(cell, rep) * (cell->wmax_large == 11000 ? less : 1);
}
/* Chance makes one cell the fastest that takes as much as the default. */
static double another_is_lucky(const cell_t *cell, unsigned rep) {
    bool is_lucky =
        cell->phase == PHASE_GRID && cell->wmax_mid == 20000 && cell->wmax_large == 13000;
    return flat_speed(cell, rep) * (is_lucky ? 1.12 : 1);
}

/* Chance makes the leanest cell slow, or the default, beside which all others then look fast. */
static bool default_is_unlucky;
static double another_is_unlucky(const cell_t *cell, unsigned rep) {
    bool is_default = cell->wmax_mid == WMAX_MID_DEFAULT && cell->wmax_large == WMAX_LARGE_DEFAULT;
    bool is_leanest = cell->wmax_mid == WMAX_MID_DEFAULT && cell->wmax_large == 11000;
    bool is_unlucky = cell->phase == PHASE_GRID && cell->allocator->is_hakmem &&
                      (default_is_unlucky ? is_default : is_leanest);
    double slow_bound = cell->wmax_mid == 10100 ? 0.9 : 1;
    return flat_speed(cell, rep) * slow_bound * (is_unlucky ? 0.85 : 1);
}
/* … where the mid bound that makes it slower takes least. */
static double slower_is_leaner(const cell_t *cell, unsigned rep) {
    double less = cell->wmax_large == 11000 ? 0.95 : 1;
    return flat_peak(cell, rep) * less * (cell->wmax_mid == 10100 ? 0.9 : 1);
}

/* Whether "light" has a grid, too; and the grid's values of the large bound, NULL: the mock's. */
static bool has_two_grids;
static const char *large_values;
static double heavy_is_lucky(const cell_t *cell, unsigned rep) {
    bool is_heavy = strcmp(cell->workload->name, "heavy") == 0;
    return is_heavy ? another_is_lucky(cell, rep) : flat_speed(cell, rep);
}

typedef struct advice {
    recommendations_t all;
    analysis_t analysis;
} advice_t;

/* Memory at the end; NULL: as the peak. */
static double (*steady)(const cell_t *, unsigned);

static advice_t advise_by(double (*speed)(const cell_t *, unsigned),
                          double (*peak)(const cell_t *, unsigned)) {
    static options_t options;
    static catalogue_t workloads;
    static allocator_list_t allocators;
    static plan_t plan;
    static samples_t samples;
    static run_info_t info;
    static mock_t mock;
    mock = (mock_t){.speed = speed, .peak = peak, .steady = steady};
    samples = (samples_t){0};
    mock_plan(&options, &workloads, &allocators, &plan);
    workloads.items[1].heavy33 = has_two_grids;
    if (large_values) {
        dec_list_parse(large_values, WMAX_LEAST, WMAX_MOST, &options.wmax_large);
    }
    plan_build(&options, &workloads, &allocators, &plan);
    bounds_t milder[2], suggested = {20000, 11000};
    assert_int_equal(recommend_milder(suggested, milder), 2);
    const wmax_pair_t pairs[] = {
        {&workloads.items[0], suggested.mid, suggested.large},
        {&workloads.items[0], milder[0].mid, milder[0].large},
        {&workloads.items[0], milder[1].mid, milder[1].large},
    };
    plan_add_confirm(&plan, &allocators.items[0], pairs, 3);
    for (phase_t p = 0; p < PHASES; p++) {
        plan.reps[p] = phase_is_once(p) ? 1 : 6;
    }
    unsigned phases = 1u << PHASE_GRID | 1u << PHASE_COMPARE | 1u << PHASE_CONFIRM;
    assert_true(mock_measure(&plan, &mock, &samples, phases, 6));
    info = (run_info_t){.run_id = "test",
                        .workloads = json_pack("[{s:s}, {s:s}]", "name", "heavy", "name", "light"),
                        .allocators = json_pack("[{s:s}, {s:s}]", "key", "hakmem", "key", "other"),
                        .seed = 1,
                        .margin = 0.02};
    advice_t out;
    analysis_make(&info, &samples, &out.analysis);
    recommend(&out.analysis, &out.all);
    return out;
}

static advice_t advise(double (*speed)(const cell_t *, unsigned)) {
    return advise_by(speed, flat_peak);
}

static void real_gain_is_recommended(void **state) {
    (void)state;
    advice_t advice = advise(wide_is_faster);
    assert_int_equal(advice.all.count, 2); /* "heavy" and all together */
    for (size_t i = 0; i < 2; i++) {
        const recommendation_t *r = &advice.all.items[i];
        assert_int_equal(r->decision, DECISION_CHANGE);
        assert_int_equal(r->mid, 20000);
        assert_int_equal(r->large, 11000);
        assert_true(fabs(r->throughput.mid - 1.10) < 0.012);
        assert_int_equal(r->throughput.pairs, 6);
    }
}

/* Of two changes the one that does not help is left. */
static void what_does_not_help_is_not_changed(void **state) {
    (void)state;
    advice_t advice = advise(large_is_faster);
    for (size_t i = 0; i < 2; i++) {
        const recommendation_t *r = &advice.all.items[i];
        assert_int_equal(r->decision, DECISION_CHANGE);
        assert_int_equal(r->suggested.mid, 20000);
        assert_int_equal(r->suggested.large, 11000);
        assert_int_equal(r->mid, WMAX_MID_DEFAULT);
        assert_int_equal(r->large, 11000);
        assert_true(fabs(r->throughput.mid - 1.10) < 0.012);
    }
    bounds_t milder[2];
    assert_int_equal(recommend_milder((bounds_t){WMAX_MID_DEFAULT, 11000}, milder), 0);
}

/* What takes less memory is suggested before what looks faster: it is the same in each run. */
static void memory_comes_first(void **state) {
    (void)state;
    advice_t advice = advise_by(another_is_lucky, large_is_leaner);
    for (size_t i = 0; i < 2; i++) {
        const recommendation_t *r = &advice.all.items[i];
        assert_int_equal(r->suggested.mid, WMAX_MID_DEFAULT);
        assert_int_equal(r->suggested.large, 11000);
        assert_int_equal(r->decision, DECISION_CHANGE);
        assert_true(fabs(r->peak.mid - 0.95) < 0.001);
    }
    advice = advise_by(another_is_lucky, flat_peak);
    assert_int_equal(advice.all.items[0].suggested.mid, 20000);
    assert_int_equal(advice.all.items[0].suggested.large, 13000);
}

/* What helps one of two workloads is no suggestion for both. */
static void one_is_not_all(void **state) {
    (void)state;
    has_two_grids = true;
    advice_t advice = advise(heavy_is_lucky);
    assert_int_equal(advice.all.count, 3);
    assert_int_equal(advice.all.items[0].suggested.mid, 20000);
    assert_int_equal(advice.all.items[1].decision, DECISION_SAME);
    assert_int_equal(advice.all.items[2].decision, DECISION_SAME);
    advice = advise(another_is_lucky);
    assert_int_equal(advice.all.items[2].suggested.mid, 20000);
    has_two_grids = false;
}

/* A launch in which the pair was slow, or the default, hides nothing; a bound that is slow does. */
static void one_slow_launch_decides_nothing(void **state) {
    (void)state;
    large_values = "1.10,1.20,1.30,2.00";
    for (int i = 0; i < 2; i++) {
        default_is_unlucky = i;
        advice_t advice = advise_by(another_is_unlucky, slower_is_leaner);
        assert_int_equal(advice.all.items[0].suggested.mid, WMAX_MID_DEFAULT);
        assert_int_equal(advice.all.items[0].suggested.large, 11000);
        assert_int_equal(advice.all.items[0].decision, DECISION_CHANGE);
    }
    large_values = NULL;
}

/* What is within the margin is looked at, if it is more than half of it; the fresh samples decide.
 */
static double leaner_by_less_than_the_margin(const cell_t *cell, unsigned rep) {
    double less = cell->phase == PHASE_GRID ? 0.985 : 0.975;
    return flat_peak(cell, rep) * (cell->wmax_large == 11000 ? less : 1);
}
static void the_confirmation_decides_what_is_near_the_margin(void **state) {
    (void)state;
    advice_t advice = advise_by(flat_speed, leaner_by_less_than_the_margin);
    assert_int_equal(advice.all.items[0].suggested.large, 11000);
    assert_int_equal(advice.all.items[0].decision, DECISION_CHANGE);
}

/* A program that lives on is as at the end: what takes more there is not recommended for a gain at
 * the start, nor what may take more; what takes less there is. */
static double at_the_end, scatter_at_the_end;
static double end_of_large(const cell_t *cell, unsigned rep) {
    double chance = fmod(0.618 * (rep + 1), 1) - 0.5;
    double other = at_the_end * (1 + scatter_at_the_end * chance);
    return flat_peak(cell, rep) * (cell->wmax_large == 11000 ? other : 1);
}
static void the_end_counts_too(void **state) {
    (void)state;
    static const struct {
        double end, scatter;
        decision_t decision;
    } cases[] = {{1, 0, DECISION_CHANGE},
                 {1.05, 0, DECISION_UNCONFIRMED},
                 {1, 0.2, DECISION_UNCONFIRMED},
                 {0.9, 0.1, DECISION_CHANGE}};
    steady = end_of_large;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        at_the_end = cases[i].end;
        scatter_at_the_end = cases[i].scatter;
        recommendation_t r = advise_by(flat_speed, large_is_leaner).all.items[0];
        assert_int_equal(r.suggested.large, 11000);
        assert_int_equal(r.decision, cases[i].decision);
        assert_true(fabs(r.steady.mid / at_the_end - 1) < 0.1);
    }
    /* no more at the start than the margin tells, and less at the end */
    recommendation_t r = advise_by(flat_speed, nearly_as_lean).all.items[0];
    assert_int_equal(r.decision, DECISION_CHANGE);
    assert_non_null(strstr(recommend_sentence(&r), ", at the end -"));
    steady = NULL;
}

/* Two pairs take as much at the start, and the one that changes more takes less at the end. */
static double both_bounds_lean(const cell_t *cell, unsigned rep) {
    double mid = cell->wmax_mid == 20000 && cell->phase == PHASE_GRID ? 0.97 : 1;
    return flat_peak(cell, rep) * mid * (cell->wmax_large == 11000 ? 0.92 : 1);
}
static double end_of_mid(const cell_t *cell, unsigned rep) {
    return flat_peak(cell, rep) * (cell->wmax_mid == 20000 ? at_the_end : 1);
}
static void the_end_tells_two_pairs_apart(void **state) {
    (void)state;
    static const double ends[] = {1, 0.85};
    steady = end_of_mid;
    for (size_t i = 0; i < 2; i++) {
        at_the_end = ends[i];
        recommendation_t r = advise_by(flat_speed, both_bounds_lean).all.items[0];
        assert_int_equal(r.decision, DECISION_CHANGE);
        assert_true(r.suggested.mid == 20000 && r.suggested.large == 11000);
        assert_int_equal(r.large, 11000);
        assert_int_equal(r.mid, i == 0 ? WMAX_MID_DEFAULT : 20000);
    }
    steady = NULL;
}

/* Memory that is another one in each launch, though the default's twin happens to have the
 * default's: that suggests nothing, in most of twenty runs. */
static unsigned draw;
static double scattered_peak(const cell_t *cell, unsigned rep) {
    bool is_default = cell->wmax_mid == WMAX_MID_DEFAULT && cell->wmax_large == WMAX_LARGE_DEFAULT;
    return flat_peak(cell, rep) * (1 + (is_default ? 0 : 20 * noise(cell, rep + 100 * draw)));
}
static void scattered_memory_suggests_little(void **state) {
    (void)state;
    unsigned suggested = 0;
    large_values = "1.10,1.20,1.30,2.00";
    for (draw = 0; draw < 20; draw++) {
        suggested += advise_by(flat_speed, scattered_peak).all.items[0].decision != DECISION_SAME;
    }
    assert_in_range(suggested, 0, 6);
    large_values = NULL;
}

static void noise_is_no_difference(void **state) {
    (void)state;
    advice_t advice = advise(flat_speed);
    assert_true(advice.all.items[0].decision != DECISION_CHANGE);
    const cell_stats_t *other =
        analysis_find(&advice.analysis, PHASE_COMPARE, "light", "other", 0, 0);
    assert_non_null(other);
    assert_false(stats_differs(other->verdict[MEASURE_THROUGHPUT]));
    assert_int_equal(other->verdict[MEASURE_PEAK], VERDICT_EQUIVALENT);
}

static void luck_is_withdrawn(void **state) {
    (void)state;
    advice_t advice = advise(wide_is_lucky);
    assert_int_equal(advice.all.items[0].decision, DECISION_UNCONFIRMED);
    assert_true(fabs(advice.all.items[0].screen_throughput - 1.10) < 0.012);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_gain_is_recommended),
        cmocka_unit_test(what_does_not_help_is_not_changed),
        cmocka_unit_test(memory_comes_first),
        cmocka_unit_test(one_is_not_all),
        cmocka_unit_test(one_slow_launch_decides_nothing),
        cmocka_unit_test(the_confirmation_decides_what_is_near_the_margin),
        cmocka_unit_test(the_end_counts_too),
        cmocka_unit_test(the_end_tells_two_pairs_apart),
        cmocka_unit_test(scattered_memory_suggests_little),
        cmocka_unit_test(noise_is_no_difference),
        cmocka_unit_test(luck_is_withdrawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
