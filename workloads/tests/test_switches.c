/*
 * test_switches.c - tables in turn: what is found equals a search of all cuts and all tables, of
 * weights that are counted tick by tick; and on shipped traces no switch is the best table.
 */
#include "cmocka_all.h"

#include "classes/switches.h"
#include "common/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS = 40, BLOCKS = 12, POOL_SIZES = 8, WINDOWS = 6, CASES = 400 };

static uint64_t idle_bytes; /* of a class */

static uint64_t one_byte(uint64_t bytes) {
    return bytes;
}

static class_carve_t carve_64(uint64_t block_bytes) {
    return (class_carve_t){64, 64 / block_bytes, idle_bytes};
}

static const class_layout_t layouts[POOLS_MOST] = {{.request_least = 1,
                                                    .request_most = POOL_SIZES,
                                                    .block_most = POOL_SIZES,
                                                    .classes_most = 4,
                                                    .considers_all = true,
                                                    .block_for = one_byte,
                                                    .carve = carve_64},
                                                   {.request_least = POOL_SIZES + 1,
                                                    .request_most = 2 * POOL_SIZES,
                                                    .block_most = 2 * POOL_SIZES,
                                                    .classes_most = 4,
                                                    .considers_all = true,
                                                    .block_for = one_byte,
                                                    .carve = carve_64}};

/* ---- random traces ---- */

typedef struct sample {
    trace_event_t events[EVENTS];
    uint64_t times[EVENTS];
    trace_t trace;
    uint64_t wmax;
    uint32_t classes;
    unsigned switches;
} sample_t;

/* Sizes of its beginning are mostly not those of its end. Sizes outside of both pools are among
 * them. The time of a timed one is a multiple of the windows, so that all weights are whole. */
static void draw(rng_t *rng, sample_t *out) {
    bool live[BLOCKS] = {false};
    uint64_t time = 0, count = 1 + rng_below(rng, EVENTS);
    memset(out, 0, sizeof *out);
    out->trace = (trace_t){.events = out->events, .event_count = count, .block_count = BLOCKS};
    for (uint64_t i = 0; i < count; i++) {
        uint32_t block = (uint32_t)rng_below(rng, BLOCKS);
        uint64_t bytes = 1 + rng_below(rng, 6) + 3 * (4 * i / count) + 2 * (rng_below(rng, 8) == 0);
        trace_op_t op = TRACE_MALLOC;
        if (live[block])
            op = rng_below(rng, 4) == 0 ? TRACE_REALLOC : TRACE_FREE;
        out->events[i] = (trace_event_t){.op = op, .block = block, .bytes = bytes};
        live[block] = op != TRACE_FREE;
        out->times[i] = time;
        time += rng_below(rng, 3);
    }
    if (rng_below(rng, 2) == 0) {
        out->trace.times = out->times;
        out->trace.time_unit_ns = 1000;
        out->times[count - 1] = (time + WINDOWS) / WINDOWS * WINDOWS;
        if (count == 1)
            out->trace.times = NULL;
    }
    idle_bytes = rng_below(rng, 12);
    out->wmax = rng_below(rng, 2) == 0 ? CLASS_NO_BOUND
                                       : CLASS_RATIO_ONE * (105 + rng_below(rng, 150)) / 100;
    out->classes = (uint32_t)rng_below(rng, 6); /* 0: any number */
    out->switches = (unsigned)rng_below(rng, WINDOWS);
}

/* ---- the search ---- */

/* Of all subsets of the places, by their number. */
static void search_tables(const class_problem_t *problem, double *by_count) {
    for (uint32_t k = 0; k <= POOL_SIZES; k++)
        by_count[k] = problem->count == 0 ? 0 : INFINITY;
    if (problem->count == 0)
        return;
    for (uint32_t set = 1; set < UINT32_C(1) << problem->count; set++) {
        uint32_t places[POOL_SIZES], count = 0;
        for (uint32_t i = 1; i <= problem->count; i++) {
            if (set >> (i - 1) & 1)
                places[count++] = i;
        }
        int64_t cost = table_evaluate(problem, places, count);
        if (cost != INT64_MAX)
            by_count[count] = fmin(by_count[count], (double)cost * problem->unit);
    }
}

static double search_pools(const sizes_t *sizes, const sample_t *sample) {
    double costs[POOLS_MOST][POOL_SIZES + 1], best = INFINITY;
    for (unsigned p = 0; p < POOLS_MOST; p++) {
        class_problem_t problem;
        problem_open(sizes, &layouts[p], 0, UINT64_MAX, sample->wmax, &problem);
        search_tables(&problem, costs[p]);
        if (problem.count > 0)
            problem_close(&problem);
    }
    for (uint32_t a = 0; a <= layouts[0].classes_most; a++) {
        for (uint32_t b = 0; b <= layouts[1].classes_most; b++) {
            if (sample->classes == 0 || a + b <= sample->classes)
                best = fmin(best, costs[0][a] + costs[1][b]);
        }
    }
    return best;
}

typedef struct ticks {
    uint64_t at[EVENTS]; /* of each event */
    uint64_t end;
    uint64_t edges[WINDOWS + 1];
    unsigned windows;
} ticks_t;

static void find_ticks(const sample_t *sample, ticks_t *out) {
    const trace_t *trace = &sample->trace;
    for (uint64_t i = 0; i < trace->event_count; i++)
        out->at[i] = trace->times == NULL ? i : trace->times[i];
    out->end = trace->times == NULL ? trace->event_count : trace->times[trace->event_count - 1];
    out->windows = trace->times == NULL && trace->event_count < WINDOWS
                       ? (unsigned)trace->event_count
                       : WINDOWS;
    uint64_t start = out->at[0];
    for (unsigned k = 0; k <= out->windows; k++)
        out->edges[k] = start + (out->end - start) * k / out->windows;
}

/* What is alive at each tick of [from, to), and what is born then. */
static double search_run(const sample_t *sample, const ticks_t *ticks, uint64_t from, uint64_t to) {
    uint64_t live[BLOCKS] = {0}, next = 0;
    sizes_t sizes;
    sizes_open(&sizes, SIZES_OPERATIONS, (double)(to - from));
    for (uint64_t tick = 0; tick < to || (to == ticks->end && tick == to); tick++) {
        for (; next < sample->trace.event_count && ticks->at[next] == tick; next++) {
            const trace_event_t *event = &sample->events[next];
            live[event->block] = event->op == TRACE_FREE ? 0 : event->bytes;
            if (tick >= from && live[event->block] > 0)
                sizes_add(&sizes, event->bytes, 0);
        }
        for (unsigned b = 0; b < BLOCKS && tick >= from && tick < to; b++) {
            if (live[b] > 0)
                sizes_add(&sizes, live[b], 1);
        }
    }
    sizes_settle(&sizes);
    double cost = search_pools(&sizes, sample);
    sizes_close(&sizes);
    return cost;
}

/* costs[m], of all sets of edges. */
static void search_cuts(const sample_t *sample, const ticks_t *ticks, double *costs) {
    double runs[WINDOWS][WINDOWS + 1];
    for (unsigned i = 0; i < ticks->windows; i++) {
        for (unsigned j = i + 1; j <= ticks->windows; j++)
            runs[i][j] = search_run(sample, ticks, ticks->edges[i], ticks->edges[j]);
    }
    for (unsigned m = 0; m < WINDOWS; m++)
        costs[m] = INFINITY;
    for (unsigned set = 0; set < 1U << (ticks->windows - 1); set++) {
        double cost = 0;
        unsigned first = 0;
        for (unsigned end = 1; end <= ticks->windows; end++) {
            if (end == ticks->windows || (set >> (end - 1) & 1)) {
                cost += runs[first][end];
                first = end;
            }
        }
        for (unsigned m = (unsigned)__builtin_popcount(set); m < WINDOWS; m++)
            costs[m] = fmin(costs[m], cost);
    }
}

static unsigned gains; /* cases in which a switch did */

/* The runs cost what is said, and there is no switch among them that gains nothing. */
static void check_plan(const sample_t *sample, const ticks_t *ticks, const switch_plan_t *plan,
                       const double *costs) {
    double sum = 0;
    assert_int_equal(plan->edges[0], 0);
    assert_int_equal(plan->edges[plan->runs], ticks->windows);
    for (unsigned r = 0; r < plan->runs; r++) {
        assert_true(plan->edges[r] < plan->edges[r + 1]);
        sum += search_run(sample, ticks, ticks->edges[plan->edges[r]],
                          ticks->edges[plan->edges[r + 1]]);
    }
    assert_true(sum == costs[sample->switches]);
    assert_true(plan->runs <= sample->switches + 1);
    assert_true(plan->runs == 1 || costs[plan->runs - 1] < costs[plan->runs - 2]);
}

static void check_case(const sample_t *sample) {
    sizes_t sizes;
    windows_t windows;
    class_problem_t problems[POOLS_MOST];
    share_pool_t pools[POOLS_MOST];
    switch_plan_t plan;
    ticks_t ticks;
    double costs[WINDOWS];
    sizes_of_trace(&sample->trace, &sizes);
    windows_of_trace(&sample->trace, WINDOWS, 0, UINT64_MAX, &windows);
    for (unsigned p = 0; p < POOLS_MOST; p++) {
        problem_open(&sizes, &layouts[p], 0, UINT64_MAX, sample->wmax, &problems[p]);
        pools[p] = (share_pool_t){&problems[p], layouts[p].classes_most};
    }
    find_ticks(sample, &ticks);
    assert_int_equal(windows.count, ticks.windows);
    search_cuts(sample, &ticks, costs);
    bool good =
        switches_solve(&windows, pools, POOLS_MOST, sample->classes, sample->switches, &plan);
    assert_int_equal(good, isfinite(costs[sample->switches]));
    for (unsigned m = 0; m <= sample->switches; m++) {
        assert_true(plan.costs[m] == costs[m]);
        assert_true(m == 0 || plan.costs[m] <= plan.costs[m - 1]);
    }
    gains += good && plan.costs[sample->switches] < plan.costs[0];
    if (good)
        check_plan(sample, &ticks, &plan, costs);
    for (unsigned p = 0; p < POOLS_MOST; p++) {
        if (problems[p].count > 0)
            problem_close(&problems[p]);
    }
    windows_close(&windows);
    sizes_close(&sizes);
}

static void it_equals_a_search_of_all_cuts(void **state) {
    (void)state;
    rng_t rng;
    rng_seed(&rng, 1);
    for (unsigned i = 0; i < CASES; i++) {
        sample_t sample;
        draw(&rng, &sample);
        check_case(&sample);
    }
    assert_true(gains > CASES / 4);
}

/* ---- shipped traces ---- */

static void load(const char *name, trace_t *out) {
    char path[4096];
    trace_error_t error = {.text = ""};
    const char *root = getenv("ROOT");
    assert_non_null(root);
    snprintf(path, sizeof path, "%s/workloads/traces/%s.hakt.zst", root, name);
    if (!trace_load(path, out, &error))
        fail_msg("%s", error.text);
}

static void check_no_switch(const char *name, uint32_t classes) {
    static const class_layout_t *const used[POOLS_MOST] = {&layout_mid, &layout_large};
    trace_t trace;
    sizes_t sizes, joined;
    windows_t windows;
    class_problem_t problems[POOLS_MOST];
    share_pool_t pools[POOLS_MOST];
    uint32_t shares[POOLS_MOST];
    switch_plan_t plan;
    double cost = 0;
    load(name, &trace);
    sizes_of_trace(&trace, &sizes);
    windows_of_trace(&trace, WINDOWS, 0, UINT64_MAX, &windows);
    windows_join(&windows, 0, WINDOWS, &joined);
    assert_int_equal(joined.count, sizes.count);
    assert_true(joined.time == sizes.time);
    for (uint64_t i = 0; i < sizes.count; i++) {
        assert_int_equal(joined.rows[i].bytes, sizes.rows[i].bytes);
        assert_true(joined.rows[i].weight == sizes.rows[i].weight);
    }
    for (unsigned p = 0; p < POOLS_MOST; p++) {
        problem_open(&sizes, used[p], 0, UINT64_MAX, used[p]->wmax, &problems[p]);
        pools[p] = (share_pool_t){&problems[p], used[p]->classes_most};
    }
    assert_true(share_classes(pools, POOLS_MOST, classes, shares) != SHARE_NONE);
    for (unsigned p = 0; p < POOLS_MOST; p++) {
        class_table_t table;
        assert_true(table_solve(&problems[p], shares[p], &table));
        cost += (double)table.evaluated * problems[p].unit;
        table_free(&table);
    }
    assert_true(switches_solve(&windows, pools, POOLS_MOST, classes, WINDOWS - 1, &plan));
    assert_true(plan.costs[0] == cost);
    for (unsigned m = 1; m < WINDOWS; m++)
        assert_true(plan.costs[m] <= plan.costs[m - 1]);
    for (unsigned p = 0; p < POOLS_MOST; p++)
        problem_close(&problems[p]);
    windows_close(&windows);
    sizes_close(&joined);
    sizes_close(&sizes);
    trace_unload(&trace);
}

static void no_switch_is_the_best_table(void **state) {
    (void)state;
    check_no_switch("redis-33k", 0);
    check_no_switch("sqlite-32k", 0);
    check_no_switch("redis-33k", 6);
    check_no_switch("rocksdb-32k", 12);
    check_no_switch("python", 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_equals_a_search_of_all_cuts),
        cmocka_unit_test(no_switch_is_the_best_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
