/*
 * classes_switch.c - the best tables in turn for a trace (classes/switches.h), each with its proof
 * and what it costs, and all of them in the measure of bin/learning.
 *
 * That measure is usable less requested bytes of what is alive, summed over all operations, for
 * requests of 1,025 bytes to 2 MiB. Here it is worked out from the tables; sizes that they do not
 * serve are in blocks of the built-in classes.
 */
#include "classes.h"

#include "classes/switches.h"
#include "common/arena.h"
#include "sizes_load.h"

#include "shared/die.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { KIB = 1024, PAGE_BYTES = 4096, MEASURED_LEAST = 1025, MEASURED_MOST = 2 << 20 };

typedef struct switched {
    const char *path;
    unsigned switches; /* at most */
    bool timed;
    windows_t windows;
    switch_plan_t plan;
    study_t runs[WINDOWS_MOST];
    double waste_sum, live_sum; /* as bin/learning prints them */
    uint64_t operations;
} switched_t;

/* ---- as bin/learning measures ---- */

typedef struct life {
    uint64_t bytes;  /* 0: not live, or not measured */
    uint64_t needed; /* with what its alignment takes */
    uint64_t born;   /* operations */
    unsigned run;
} life_t;

static uint64_t block_in(const study_t *run, uint64_t bytes) {
    for (unsigned i = 0; i < run->pool_count; i++) {
        const class_problem_t *problem = &run->pools[i].problem;
        const class_table_t *table = &run->pools[i].table;
        for (uint32_t t = 0; t < table->count && bytes >= problem->low && bytes <= problem->high;
             t++) {
            if (problem->places[table->places[t]].block_bytes >= bytes)
                return problem->places[table->places[t]].block_bytes;
        }
    }
    if (bytes > MEASURED_MOST)
        return (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    return layout_default_block(bytes);
}

/* `starts`: by run, the operation that it begins with. */
static void end_life(switched_t *switched, life_t *life, const uint64_t *starts, unsigned last,
                     uint64_t now) {
    for (unsigned r = life->run; r <= last && life->bytes != 0; r++) {
        uint64_t from = r == life->run ? life->born : starts[r],
                 to = r == last ? now : starts[r + 1];
        double time = (double)(to - from);
        switched->live_sum += time * (double)life->bytes;
        switched->waste_sum +=
            time * (double)(block_in(&switched->runs[r], life->needed) - life->bytes);
    }
    life->bytes = 0;
}

static void measure(switched_t *switched, const trace_t *trace) {
    life_t *lives = arena_alloc(trace->block_count, sizeof *lives);
    uint64_t starts[WINDOWS_MOST] = {0}, now = 0;
    unsigned run = 0;
    for (uint64_t i = 0; i < trace->event_count; i++) {
        const trace_event_t *event = &trace->events[i];
        while (run + 1 < switched->plan.runs &&
               i >= switched->windows.events[switched->plan.edges[run + 1]])
            starts[++run] = now;
        if (trace_op_uses_block(event->op))
            end_life(switched, &lives[event->block], starts, run, now);
        if (trace_op_has_size(event->op)) {
            bool counts = event->bytes >= MEASURED_LEAST && event->bytes <= MEASURED_MOST;
            lives[event->block] =
                (life_t){counts ? event->bytes : 0, sizes_of_event(event), now, run};
        }
        now += trace_op_has_size(event->op) || event->op == TRACE_FREE;
    }
    for (uint64_t i = 0; i < trace->block_count; i++)
        end_life(switched, &lives[i], starts, run, now);
    switched->operations = now;
    arena_free(lives, trace->block_count, sizeof *lives);
}

/* ---- what a run costs ---- */

static class_parts_t parts_of(const study_t *run, uint32_t *classes) {
    class_parts_t sum = {.waste = 0};
    *classes = 0;
    for (unsigned i = 0; i < run->pool_count; i++) {
        const pool_t *pool = &run->pools[i];
        const class_table_t *table = &pool->table;
        if (pool->problem.count == 0)
            continue;
        class_parts_t parts = study_parts(run, pool, table->places, table->count, 0, table->count);
        sum.live += parts.live;
        sum.waste += parts.waste;
        sum.tails += parts.tails;
        sum.idle += parts.idle;
        *classes += table->count;
    }
    return sum;
}

/* In the mean over all runs. */
static class_parts_t parts_of_all(const switched_t *switched) {
    class_parts_t sum = {.waste = 0};
    double time = 0;
    for (unsigned r = 0; r < switched->plan.runs; r++)
        time += switched->runs[r].sizes.time;
    for (unsigned r = 0; r < switched->plan.runs; r++) {
        uint32_t classes;
        class_parts_t parts = parts_of(&switched->runs[r], &classes);
        double share = switched->runs[r].sizes.time / time;
        sum.live += share * parts.live;
        sum.waste += share * parts.waste;
        sum.tails += share * parts.tails;
        sum.idle += share * parts.idle;
    }
    return sum;
}

/* ---- text ---- */

static void print_parts(const class_parts_t *parts) {
    double slabs = parts->tails + parts->idle;
    printf(" %12.1f %10.1f %8.2f %10.1f %8.2f\n", parts->live / KIB, parts->waste / KIB,
           percent_of(parts->waste, parts->live), slabs / KIB,
           percent_of(parts->waste + slabs, parts->live));
}

static void print_run(const switched_t *switched, unsigned r) {
    const windows_t *windows = &switched->windows;
    unsigned from = switched->plan.edges[r], to = switched->plan.edges[r + 1];
    uint32_t classes;
    class_parts_t parts = parts_of(&switched->runs[r], &classes);
    if (switched->timed)
        printf("%12.3f %12.3f", windows->edges[from] / 1000, windows->edges[to] / 1000);
    else
        printf("%12" PRIu64 " %12" PRIu64, windows->events[from], windows->events[to]);
    printf(" %8" PRIu32, classes);
    print_parts(&parts);
}

static void print_text(const switched_t *switched) {
    const switch_plan_t *plan = &switched->plan;
    class_parts_t all = parts_of_all(switched);
    printf("%s: the best tables in turn, %u of at most %u switches used, at edges of %u windows\n",
           switched->path, plan->runs - 1, switched->switches, switched->windows.count);
    printf("\n%12s %12s %8s %12s %10s %8s %10s %8s\n", switched->timed ? "from ms" : "from op",
           switched->timed ? "to ms" : "to op", "classes", "live KiB", "waste KiB", "%",
           "slabs KiB", "with, %");
    for (unsigned r = 0; r < plan->runs; r++)
        print_run(switched, r);
    printf("%12s %12s %8s", "all", "", "");
    print_parts(&all);
    printf("\nwaste of the live bytes: blocks' part alone %.2f %%, with slabs %.2f %%\n",
           percent_of(all.waste, all.live), percent_of(all.waste + all.tails + all.idle, all.live));
    printf("cost %.6g, ", plan->costs[switched->switches]);
    if (isfinite(plan->costs[0]))
        printf("with one table %.6g\n", plan->costs[0]);
    else
        printf("no single table is within W_MAX\n");
}

/* ---- JSON ---- */

static void set_parts(json_t *object, const class_parts_t *parts) {
    json_object_set_new(object, "live_bytes", json_real(parts->live));
    json_object_set_new(object, "waste_bytes", json_real(parts->waste));
    json_object_set_new(object, "slab_bytes", json_real(parts->tails + parts->idle));
}

static json_t *run_json(const switched_t *switched, unsigned r) {
    const windows_t *windows = &switched->windows;
    const study_t *run = &switched->runs[r];
    unsigned from = switched->plan.edges[r], to = switched->plan.edges[r + 1];
    uint32_t classes;
    class_parts_t parts = parts_of(run, &classes);
    json_t *pools = json_array();
    for (unsigned i = 0; i < run->pool_count; i++) {
        if (run->pools[i].problem.count > 0)
            json_array_append_new(pools, classes_pool_json(run, &run->pools[i]));
    }
    json_t *object =
        json_pack("{s:I,s:I,s:I}", "from_operation", (json_int_t)windows->events[from],
                  "to_operation", (json_int_t)windows->events[to], "classes", (json_int_t)classes);
    if (switched->timed) {
        json_object_set_new(object, "from_ms", json_real(windows->edges[from] / 1000));
        json_object_set_new(object, "to_ms", json_real(windows->edges[to] / 1000));
    }
    set_parts(object, &parts);
    json_object_set_new(object, "pools", pools);
    return object;
}

static void print_json(const switched_t *switched) {
    json_t *runs = json_array(), *costs = json_array();
    for (unsigned r = 0; r < switched->plan.runs; r++)
        json_array_append_new(runs, run_json(switched, r));
    for (unsigned m = 0; m <= switched->switches; m++) {
        double cost = switched->plan.costs[m];
        json_array_append_new(costs, isfinite(cost) ? json_real(cost) : json_null());
    }
    json_t *object = json_pack(
        "{s:s,s:s,s:I,s:I,s:f,s:o,s:I,s:f,s:f}", "file", switched->path, "cost_unit",
        sizes_unit_name(switched->runs[0].sizes.unit), "switches_most",
        (json_int_t)switched->switches, "windows", (json_int_t)switched->windows.count, "cost",
        switched->plan.costs[switched->switches], "costs_by_switches", costs, "operations",
        (json_int_t)switched->operations, "waste", switched->waste_sum, "live", switched->live_sum);
    if (object == NULL)
        die("%s: the name is not UTF-8", switched->path);
    class_parts_t all = parts_of_all(switched);
    set_parts(object, &all);
    json_object_set_new(object, "runs", runs);
    json_dumpf(object, stdout, JSON_INDENT(1));
    printf("\n");
    json_decref(object);
}

/* ---- */

static void check_options(const options_t *options) {
    if (strcmp(options->format, "text") != 0 && strcmp(options->format, "json") != 0)
        die_usage("--format=%s: --switches is printed as text or json", options->format);
    if (options->takes_fewest)
        die_usage("--switches takes a number of classes, not --classes=fewest");
    if (options->at_peak)
        die_usage("--switches is over all time, --peak is one moment");
}

static void find_runs(switched_t *switched, const options_t *options, const study_t *whole) {
    share_pool_t pools[POOLS_MOST];
    study_share(whole, pools);
    if (!switches_solve(&switched->windows, pools, whole->pool_count, (uint32_t)options->classes,
                        switched->switches, &switched->plan))
        die("%s: even with %u switches %s cannot serve its sizes within W_MAX", switched->path,
            switched->switches, options->classes == 0 ? "the pools" : "so few classes");
    for (unsigned r = 0; r < switched->plan.runs; r++) {
        sizes_t sizes;
        windows_join(&switched->windows, switched->plan.edges[r], switched->plan.edges[r + 1],
                     &sizes);
        study_of_sizes(switched->path, options, &sizes, &switched->runs[r]);
        classes_solve(&switched->runs[r], options);
    }
}

void classes_switch(const options_t *options) {
    static switched_t switched;
    static study_t whole;
    trace_t trace;
    sizes_t sizes;
    check_options(options);
    switched.path = options->words[1];
    switched.switches = (unsigned)options->switches;
    sizes_load_trace(switched.path, "--switches", &trace);
    switched.timed = trace.times != NULL;
    sizes_of_trace(&trace, &sizes);
    study_of_sizes(switched.path, options, &sizes, &whole);
    study_check(&whole, options);
    windows_of_trace(&trace, WINDOWS_MOST, whole.pools[0].layout->request_least,
                     whole.pools[whole.pool_count - 1].layout->request_most, &switched.windows);
    find_runs(&switched, options, &whole);
    measure(&switched, &trace);
    (strcmp(options->format, "json") == 0 ? print_json : print_text)(&switched);
    for (unsigned r = 0; r < switched.plan.runs; r++)
        study_close(&switched.runs[r]);
    study_close(&whole);
    windows_close(&switched.windows);
    trace_unload(&trace);
}
